using System.CommandLine;
using System.Text;
using ImageFs.Desktop;
using ImageFs.Fuse;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary><c>imagefs open IMAGE</c>: what a double click does.</summary>
internal static class OpenCommand
{
    internal static Command Create()
    {
        Argument<string[]> image = ImageArgument.One();
        var options = new Option<string[]>("-o", "--options") { Description = "Mount options, as for mount.", HelpName = "OPTIONS" };
        var command = new Verb("open", "Mount an image on a folder of its own, and show it in the file manager.")
        {
            image, options,
            new Example("imagefs open debian.iso", "what a double click does"),
            new Example("imagefs umount debian.iso", "unmount it, and remove the folder"),
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image)[0], string.Join(',', parsed.GetValue(options) ?? [])));
        return command;
    }

    // Who started it from a file manager sees no standard error.
    private static int Run(string image, string options)
    {
        string name = Path.GetFileName(ImageLocation.ToPublic(image));
        Action<string> tell = Console.IsErrorRedirected ? message => MountNotice.TellError(name, message) : static _ => { };
        try
        {
            return Open(image, options, tell);
        }
        catch (Exception e) when (e is ImageException or LinuxException or FuseMountException)
        {
            tell(e.Message);
            throw;
        }
    }

    private static int Open(string image, string options, Action<string> tell)
    {
        using IDisposable? turn = DesktopFolder.TakeTurn();

        // What is mounted does not tell by which options.
        if (options.Length > 0 || DesktopFolder.Find(image) is not { } folder)
        {
            using ClaimedFolder claim = DesktopFolder.Take(DesktopFolder.NameOf(image, options));
            folder = claim.Path;
            using var said = new MemoryStream();
            int status = Background.Start(new MountRequest(image, folder, options) { MadeDirectory = folder }, said);
            if (status != ExitStatus.Success)
            {
                _ = FileWriting.TryRemoveFolder(folder);
                tell(Explain(image, options, status, Encoding.UTF8.GetString(said.ToArray())));
                return status;
            }
        }

        if (!FileManager.TryShowAsync(folder).GetAwaiter().GetResult())
        {
            Log.WriteToStandardError("there is no file manager on the session's bus, and no xdg-open (xdg-utils), which knows one");
        }

        MountNotice.Start(folder);
        string shown = PrintableText.Of(ImageLocation.ToPublic(image));
        Console.Out.WriteLine($"imagefs: {shown} is mounted on {PrintableText.Of(folder)}; 'imagefs umount' takes either.");
        return ExitStatus.Success;
    }

    // Who has no terminal cannot be asked for a passphrase.
    private static string Explain(string image, string options, int status, string said) => status == ExitStatus.NoKey && options.Length == 0
        ? $"It is encrypted. In a terminal this asks for the passphrase: imagefs open {ShellWord.Quote(image)}"
        : said.Replace("imagefs: ", string.Empty, StringComparison.Ordinal).Trim();
}
