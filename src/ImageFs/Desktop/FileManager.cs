using ImageFs.Linux;

namespace ImageFs.Desktop;

/// <summary>The program that shows folders.</summary>
internal static class FileManager
{
    private const string Opener = "xdg-open";

    /// <summary>Shows a folder; it does not wait until somebody has seen it.</summary>
    /// <param name="folder">Its path.</param>
    /// <returns>False when there is nothing that opens folders.</returns>
    internal static bool TryShow(string folder)
    {
        try
        {
            ChildProcess.StartServer([Opener, folder], standardError: null);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EACCES)
        {
            return false;
        }
    }
}
