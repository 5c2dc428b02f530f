using System.Globalization;
using System.Text;
using ImageFs.Fuse;
using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>A file with this process's id in it, for as long as the process serves.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;
    private readonly MountKeeper? _keeper;

    private PidFile(string path, MountKeeper? keeper)
    {
        _path = path;
        _keeper = keeper;
        AppDomain.CurrentDomain.ProcessExit += Remove;
    }

    // Another server may have taken the file over.
    private static byte[] Text => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));

    /// <summary>Writes the file, whole at once: who finds it finds the id in it.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <param name="keeper">Who writes it, where this process may not.</param>
    /// <returns>What removes it again.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static PidFile? Write(string? path, MountKeeper? keeper)
    {
        if (path is null)
        {
            return null;
        }

        string full = FullPath(path)!;
        Errno errno = keeper?.WritePidFile() ?? TryWrite(full);
        return errno switch
        {
            Errno.None => new PidFile(full, keeper),
            Errno.ENOENT => throw new IOException($"--pid-file {path}: there is no such folder"),
            _ => throw new IOException($"--pid-file {path}: {LinuxException.Text(errno)}"),
        };
    }

    /// <summary>The file's path, wherever this process goes; null for none.</summary>
    internal static string? FullPath(string? path) => path is null ? null : Paths.Full(path);

    private static Errno TryWrite(string path)
    {
        try
        {
            FileWriting.Replace(path, Text);
            return Errno.None;
        }
        catch (LinuxException e)
        {
            return e.Errno;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Remove;
        Remove(null, EventArgs.Empty);
    }

    private bool HoldsText()
    {
        Span<byte> found = stackalloc byte[32];
        using FileDescriptor file = Files.Open(_path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        int length = Descriptors.Read(file, found, out _);
        return length > 0 && found[..length].SequenceEqual(Text);
    }

    private void Remove(object? sender, EventArgs e)
    {
        if (_keeper is not null)
        {
            _keeper.RemovePidFile();
            return;
        }

        try
        {
            if (HoldsText())
            {
                FileWriting.Remove(_path);
            }
        }
        catch (LinuxException)
        {
            // It is gone already, or not ours any more.
        }
    }
}
