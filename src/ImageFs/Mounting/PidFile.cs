using System.Globalization;

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
    private static string Text => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");

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

        string full = Path.GetFullPath(path);
        string unfinished = $"{full}.{Environment.ProcessId}";
        try
        {
            File.WriteAllText(unfinished, Text);
            File.Move(unfinished, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = e is DirectoryNotFoundException ? "there is no such folder" : e is UnauthorizedAccessException ? "permission denied" : e.Message;
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

    private void Remove(object? sender, EventArgs e)
    {
        try
        {
            if (File.ReadAllText(_path) == Text)
            {
                File.Delete(_path);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It is gone already, or not ours any more.
        }
    }
}
