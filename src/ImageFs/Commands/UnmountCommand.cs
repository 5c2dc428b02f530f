using System.CommandLine;
using System.Text.Json;
using ImageFs.Advice;
using ImageFs.Fuse;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs umount DIR</c>, <c>imagefs umount IMAGE</c>.</summary>
internal static class UnmountCommand
{
    private const int MaxLinks = 40;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_answerPatience = TimeSpan.FromSeconds(2);

    internal static Command Create()
    {
        var directories = new Argument<string[]>("DIR") { Description = "The mount point, or the image that is mounted there; there may be several.", Arity = ArgumentArity.OneOrMore };
        var lazy = new Option<bool>("-z", "-l", "--lazy") { Description = "Take it out of the tree now; it ends when the last file is closed." };
        var command = new Verb("umount", "Unmount an image, and wait until its server has ended.")
        {
            directories, lazy,
            new Example("imagefs umount /mnt", "unmount, and wait for the server's end"),
            new Example("imagefs umount debian.iso", "wherever that is mounted"),
        };
        command.Aliases.Add("unmount");
        command.SetAction(parsed => UnmountAll(parsed.GetRequiredValue(directories), parsed.GetValue(lazy)));
        return command;
    }

    // One that cannot be unmounted does not stop the others.
    private static int UnmountAll(string[] directories, bool lazy)
    {
        int status = ExitStatus.Success;
        foreach (string directory in directories)
        {
            try
            {
                Unmount(directory, lazy);
            }
            catch (FuseMountException e) when (directories.Length > 1)
            {
                Log.WriteToStandardError(e.Message);
                status = e.IsPermission ? ExitStatus.NotPermitted : ExitStatus.MountFailure;
            }
        }

        return status;
    }

    /// <summary>Unmounts an image, and waits until its server has ended.</summary>
    /// <param name="word">The mount point, or the image.</param>
    /// <param name="lazy">Whether it may be in use, and ends later.</param>
    /// <exception cref="FuseMountException">It is not mounted, or in use, or cannot be unmounted for another reason.</exception>
    internal static void Unmount(string word, bool lazy)
    {
        string path = Paths.Full(word);
        string directory = FindMountPoint(path) ?? FindMountOf(word) ??
            throw new FuseMountException($"{path}: {WhyNot(path)}{Question.Of(FindMeant(word, path))}");
        if (MountedImage.At(directory) is { Engine: Engine.Kernel } mount)
        {
            mount.UnmountFromKernel(lazy);
            return;
        }

        int? server = null;
        var query = new Thread(() => server = TryFindServer(directory)) { IsBackground = true };
        if (!lazy)
        {
            // A mount whose server has died, or does not answer in time, can be unmounted all the same; so can one of another program.
            query.Start();
            query.Join(s_answerPatience);
        }

        try
        {
            FuseUnmount.Run(directory, lazy);
        }
        catch (FuseMountException) when (query.IsAlive && query.Join(s_patience))
        {
            // What kept it in use was the question, whose answer came late.
            FuseUnmount.Run(directory, lazy);
        }

        if (server is { } process && !Processes.WaitForEnd(process, s_patience))
        {
            Log.WriteToStandardError($"{directory}: unmounted, but its server (process {process}) has not ended yet");
        }
    }

    // As /proc/self/mountinfo has it. The mount is not looked into: the server may be dead, or hang.
    private static string? FindMountPoint(string path)
    {
        string directory = Path.TrimEndingDirectorySeparator(path);
        for (int links = 0; links < MaxLinks; links++)
        {
            if (Mounts.TypeAt(directory)?.StartsWith("fuse.", StringComparison.Ordinal) == true || MountedImage.At(directory) is not null)
            {
                return directory;
            }

            string parent = Path.GetDirectoryName(directory) ?? "/";
            string? resolved = Paths.Resolve(parent);
            if (Paths.ReadLink(directory) is { } target)
            {
                directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target, resolved ?? parent));
            }
            else if (resolved is null || resolved == parent)
            {
                break;
            }
            else
            {
                directory = Path.Combine(resolved, Path.GetFileName(directory));
            }
        }

        return null;
    }

    // Of an image that is mounted several times nobody knows which is meant.
    private static string? FindMountOf(string image)
    {
        string[] directories = [.. MountedImage.Of(image).Select(mount => mount.Directory).Distinct()];
        return directories.Length > 1
            ? throw new FuseMountException($"{image}: mounted on {string.Join(", ", directories)}: name the one that is meant")
            : directories.FirstOrDefault();
    }

    // A mount whose server hangs is not looked into for that.
    private static string WhyNot(string path) =>
        Mounts.TypeAt(path) is not null || Paths.Exists(path) ? "not mounted by imagefs" : "there is no such folder or image";

    // A mount point or an image of one, as it is in the list of mounts; an address is no path.
    private static string? FindMeant(string word, string path)
    {
        string[] mounted = [.. MountedImage.All().SelectMany(mount => (string[])[mount.Directory, mount.Image])];
        return NearPath.Among(ImageLocation.IsAddress(word) ? word : Path.TrimEndingDirectorySeparator(path), mounted);
    }

    private static int? TryFindServer(string directory)
    {
        try
        {
            using JsonDocument status = JsonDocument.Parse(FuseStatus.Query(directory));
            return status.RootElement.GetProperty("pid").GetInt32();
        }
        catch (Exception e) when (e is FuseMountException or JsonException)
        {
            return null;
        }
    }
}
