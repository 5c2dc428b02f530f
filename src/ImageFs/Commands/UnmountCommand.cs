using System.CommandLine;
using System.Text.Json;
using ImageFs.Fuse;
using ImageFs.Linux;

namespace ImageFs.Commands;

/// <summary><c>imagefs umount DIR</c>.</summary>
internal static class UnmountCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    internal static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "The mount point." };
        var lazy = new Option<bool>("-z", "-l", "--lazy") { Description = "Take it out of the tree now; it ends when the last file is closed." };
        var command = new Command("umount", "Unmount an image, and wait until its server has ended.") { directory, lazy };
        command.Aliases.Add("unmount");
        command.SetAction(parsed => Unmount(Path.GetFullPath(parsed.GetRequiredValue(directory)), parsed.GetValue(lazy)));
        return command;
    }

    private static int Unmount(string directory, bool lazy)
    {
        if (Mounts.TypeAt(directory)?.StartsWith("fuse.", StringComparison.Ordinal) != true)
        {
            throw new FuseMountException($"{directory}: not mounted by imagefs");
        }

        int? server = FindServer(directory);
        FuseUnmount.Run(directory, lazy);
        if (server is { } process && !lazy && !Processes.WaitForEnd(process, s_patience))
        {
            Console.Error.WriteLine($"imagefs: {directory}: unmounted, but its server (process {process}) has not ended yet");
        }

        return ExitStatus.Success;
    }

    // A mount whose server has died answers nothing, and can be unmounted all the same; so can one of another program.
    private static int? FindServer(string directory)
    {
        try
        {
            using JsonDocument status = JsonDocument.Parse(FuseStatus.Query(directory));
            return status.RootElement.GetProperty("pid").GetInt32();
        }
        catch (FuseMountException)
        {
            return null;
        }
    }
}
