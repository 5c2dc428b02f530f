using System.Globalization;
using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>A file that a command writes: it has its name only when it is whole, and nothing of it is left when writing fails or is interrupted.</summary>
internal static class NewFile
{
    private const int BufferLength = 1 << 20;
    private const int MaxErrno = 4095;

    /// <summary>Writes a file; one that is there is replaced. A device, or whatever else is no file, is written to as it is.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Write(string path, Action<FileStream> write)
    {
        if (Files.TryStatus(path, out _) is { IsRegular: false })
        {
            using var device = new FileStream(path, FileMode.Open, FileAccess.Write);
            write(device);
            return;
        }

        // A link to a file stays one.
        path = Paths.Resolve(path) ?? path;
        string unfinished = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => File.Delete(unfinished));
        using var ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => File.Delete(unfinished));
        using var left = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => File.Delete(unfinished));
        try
        {
            using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None, BufferLength))
            {
                write(file);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(unfinished);
            if (ErrorOf(e) is { } errno)
            {
                // No failure of the image's.
                throw new IOException($"{path}: {LinuxException.Text(errno)}", e);
            }

            throw;
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
