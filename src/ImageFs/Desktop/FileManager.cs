using System.Globalization;
using System.Text;
using ImageFs.Linux;
using Tmds.DBus.Protocol;

namespace ImageFs.Desktop;

/// <summary>The program that shows folders: the file manager on the session's bus (File Manager D-Bus Interface), or what xdg-open takes for it.</summary>
internal static class FileManager
{
    private const string Service = "org.freedesktop.FileManager1";
    private const string ServicePath = "/org/freedesktop/FileManager1";
    private const string Opener = "xdg-open";

    /// <summary>Shows a folder; it does not wait until somebody has seen it.</summary>
    /// <param name="folder">Its path.</param>
    /// <returns>False when there is nothing that shows folders.</returns>
    internal static async Task<bool> TryShowAsync(string folder) => await TryAskAsync(folder).ConfigureAwait(false) || TryStartOpener(folder);

    private static async Task<bool> TryAskAsync(string folder)
    {
        using SessionBus? bus = await SessionBus.TryConnectAsync().ConfigureAwait(false);
        if (bus is null)
        {
            return false;
        }

        try
        {
            await bus.Connection.CallMethodAsync(Create()).WaitAsync(SessionBus.Patience).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // It has been asked, and is slow.
            return true;
        }
        catch (DBusExceptionBase)
        {
            return false;
        }

        MessageBuffer Create()
        {
            using MessageWriter writer = bus.Connection.GetMessageWriter();
            writer.WriteMethodCallHeader(Service, ServicePath, Service, "ShowFolders", "ass");
            writer.WriteArray((string[])[ToUri(folder)]);
            writer.WriteString(Environment.GetEnvironmentVariable("DESKTOP_STARTUP_ID") ?? string.Empty);
            return writer.CreateMessage();
        }
    }

    private static bool TryStartOpener(string folder)
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

    // The bytes of a path, of any encoding (RFC 3986 2.3, RFC 8089).
    private static string ToUri(string path)
    {
        var uri = new StringBuilder("file://");
        foreach (byte letter in ByteText.ToBytes(path))
        {
            bool isPlain = char.IsAsciiLetterOrDigit((char)letter) || "/-._~"u8.Contains(letter);
            uri.Append(isPlain ? $"{(char)letter}" : string.Create(CultureInfo.InvariantCulture, $"%{letter:X2}"));
        }

        return uri.ToString();
    }
}
