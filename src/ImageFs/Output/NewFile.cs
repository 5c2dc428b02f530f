using System.Globalization;
using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Linux;
using Microsoft.Win32.SafeHandles;

namespace ImageFs.Output;

/// <summary>
/// A file that a command writes: it has its name only when it is whole, and nothing of it is left when writing fails or is interrupted. One that is
/// there is replaced. A device, or whatever else is no file, is written to as it is.
/// </summary>
internal sealed class NewFile
{
    private const int BufferLength = 1 << 20;
    private const int MaxErrno = 4095;

    private readonly string _name;

    /// <param name="path">Its path.</param>
    internal NewFile(string path)
    {
        bool isFile = Files.TryStatus(path, out _) is null or { IsRegular: true };

        // A link to a file stays one.
        _name = isFile ? Paths.Resolve(path) ?? path : path;
        Path = Paths.Full(_name);
        UnfinishedPath = isFile ? string.Create(CultureInfo.InvariantCulture, $"{Path}.{Environment.ProcessId}") : null;
    }

    /// <summary>Its path, from the root.</summary>
    internal string Path { get; }

    /// <summary>The name that it has until it is whole; null where it is none that is made.</summary>
    internal string? UnfinishedPath { get; }

    /// <summary>Who opens and names it for this process, which gave up the right to; null where it does so itself.</summary>
    internal MountKeeper? Keeper { get; set; }

    /// <summary>Writes it.</summary>
    /// <param name="write">Writes it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Write(Action<FileStream> write)
    {
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Remove());
        using var ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Remove());
        using var left = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => Remove());
        try
        {
            using (FileStream file = Open())
            {
                write(file);
            }

            Finish();
        }
        catch (Exception e)
        {
            Remove();
            if (UnfinishedPath is not null && ErrorOf(e) is { } errno)
            {
                // No failure of the image's.
                throw new IOException($"{_name}: {LinuxException.Text(errno)}", e);
            }

            throw;
        }
    }

    private FileStream Open()
    {
        if (Keeper is null)
        {
            return UnfinishedPath is null
                ? new FileStream(Path, FileMode.Open, FileAccess.Write)
                : new FileStream(UnfinishedPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, BufferLength);
        }

        try
        {
            FileDescriptor descriptor = Keeper.OpenNewFile();
            var handle = new SafeFileHandle(descriptor.Number, ownsHandle: true);
            descriptor.SetHandleAsInvalid();
            return new FileStream(handle, UnfinishedPath is null ? FileAccess.Write : FileAccess.ReadWrite, BufferLength);
        }
        catch (LinuxException e)
        {
            throw new IOException($"{_name}: {LinuxException.Text(e.Errno)}", e);
        }
    }

    private void Finish()
    {
        if (Keeper is null && UnfinishedPath is not null)
        {
            File.Move(UnfinishedPath, Path, overwrite: true);
        }
        else if (Keeper?.FinishNewFile() is { } errno and not Errno.None)
        {
            throw new IOException($"{_name}: {LinuxException.Text(errno)}");
        }
    }

    private void Remove()
    {
        if (Keeper is not null)
        {
            Keeper.RemoveNewFile();
        }
        else if (UnfinishedPath is not null)
        {
            File.Delete(UnfinishedPath);
        }
    }

    // What is wrong with the file, or the disk that it is on. FileStream has the error number, and another name.
    private static Errno? ErrorOf(Exception error) => error switch
    {
        LinuxException { Errno: Errno.ENOSPC or Errno.EDQUOT or Errno.EROFS } failed => failed.Errno,
        IOException { InnerException: null, HResult: > 0 and <= MaxErrno } failed when failed is not LinuxException => (Errno)failed.HResult,
        _ => null,
    };
}
