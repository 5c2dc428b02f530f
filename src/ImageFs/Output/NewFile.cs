using System.Globalization;
using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>A file that a command writes: it has its name only when it is whole, and nothing of it is left when writing fails or is interrupted.</summary>
internal static class NewFile
{
    private const int BufferLength = 1 << 20;

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
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
