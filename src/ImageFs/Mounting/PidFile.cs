using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>A file with this process's id in it, for as long as the process serves.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;

    private PidFile(string path)
    {
        _path = path;
        AppDomain.CurrentDomain.ProcessExit += Remove;
    }

    // Another server may have taken the file over.
    private static byte[] Text => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));

    /// <summary>Writes the file, whole at once: who finds it finds the id in it.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <returns>What removes it again.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static PidFile? Write(string? path)
    {
        if (path is null)
        {
            return null;
        }

        string full = Paths.Full(path);
        try
        {
            FileWriting.Replace(full, Text);
        }
        catch (LinuxException e)
        {
            string reason = e.Errno == Errno.ENOENT ? "there is no such folder" : LinuxException.Text(e.Errno);
            throw new IOException($"--pid-file {path}: {reason}", e);
        }

        return new PidFile(full);
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
