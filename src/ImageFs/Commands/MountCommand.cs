using System.CommandLine;
using ImageFs.Fuse;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Storage.Remote.Http;

namespace ImageFs.Commands;

/// <summary><c>imagefs mount IMAGE... [DIR]</c>.</summary>
internal static class MountCommand
{
    internal static Command Create()
    {
        Argument<string[]> image = ImageArgument.SeveralButLast();
        var directory = new Argument<string?>("DIR")
        {
            Description = "The directory to mount it on; without one, one that is made beside the image, printed, and removed at its end.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var options = new Option<string[]>("-o", "--options") { Description = "Mount options, separated by commas; see imagefs(1).", HelpName = "OPTIONS" };
        var tree = new Option<bool>("--tree") { Description = "IMAGE is a folder: show every image in it as a folder." };
        var nested = new Option<bool>("--nested") { Description = "Show what is in images inside, in a folder beside each." };
        var download = new Option<bool>("--download") { Description = "Fetch an image of a server whole first; as -o download." };
        var strict = new Option<bool>("--strict") { Description = "Fail when a volume with files is left out; as -o left-out=error." };
        var foreground = new Option<bool>("-f", "--foreground") { Description = "Stay in the foreground, and log to standard error." };
        var debug = new Option<bool>("-d", "--debug") { Description = "Log every request; implies -f." };
        var readyDescriptor = new NumberOption("--ready-fd") { Description = "Write a line to descriptor N, and close it, when the mount answers." };
        var pidFile = new Option<string?>("--pid-file") { Description = "Write the server's process id to FILE while the mount lasts.", HelpName = "FILE" };
        var types = new Option<string[]>("-t", "--types") { Description = "The format, as -o fs=TYPE says it; as for mount(8).", HelpName = "TYPE" };
        var isVerbose = new Option<bool>("-v", "--verbose") { Description = "Tell what was mounted where." };
        var readOnly = new Option<bool>("-r", "--read-only") { Description = "Accepted: images are always mounted read-only." };

        var command = new Verb("mount", "Mount an image or a block device, read-only.")
        {
            image, directory, options, types, tree, nested, strict, download, readOnly, isVerbose,
            new Example("imagefs debian.iso ~/iso", "an ISO, without root"),
            new Example("imagefs mount debian.iso", "on ./debian, which is there for as long as the mount"),
            new Example("imagefs mount -o part=2 disk.img /mnt", "one partition of a disk"),
            new Example("imagefs mount -o offset=1M dump.bin /mnt", "a file system somewhere in a file"),
            new Example("imagefs /dev/sr0 /mnt", "a drive"),
            new Example("imagefs mount --tree ~/images ~/mnt", "every image of a folder, as a folder"),
            new Example("imagefs live.iso//live/filesystem.squashfs /mnt", "an image inside an image"),
            new Example("imagefs mount --nested live.iso /mnt", "with folders beside images inside"),
            new Example("imagefs sda.img sdb.img /mnt", "volumes that lie on several disks"),
            { "Serving", foreground, debug, readyDescriptor, pidFile },
            MountOptionHelp.Groups,
        };
        command.SetAction(parsed =>
        {
            IEnumerable<string> words =
            [
                .. parsed.GetValue(options) ?? [],
                .. parsed.GetValue(tree) ? (string[])["tree"] : [],
                .. parsed.GetValue(nested) ? (string[])["nested"] : [],
                .. parsed.GetValue(download) ? (string[])[HttpOptions.DownloadOption] : [],
                .. parsed.GetValue(strict) ? (string[])[ImageStack.StrictOption] : [],
            ];
            string[] images = parsed.GetRequiredValue(image);
            string? given = parsed.GetValue(directory);
            using ClaimedFolder? claim = given is null ? MadeDirectory.Choose(images[0]) : null;
            string path = claim?.Path ?? given!;
            bool isMade = claim is { IsMade: true };
            var request = new MountRequest(images[0], path, TypeOption.Join(parsed.GetValue(types), string.Join(',', words)))
            {
                Further = images[1..],
                Debug = parsed.GetValue(debug),
                IsVerbose = parsed.GetValue(isVerbose),
                ReadyDescriptor = parsed.GetValue(readyDescriptor),
                PidFile = parsed.GetValue(pidFile),
                ChoseDirectory = given is null,
                MadeDirectory = isMade ? path : null,
            };
            bool staysHere = parsed.GetValue(foreground) || request.Debug;
            using MadeDirectory? made = isMade ? new MadeDirectory(path, endsBySignals: staysHere) : null;
            int status = staysHere ? Serve(request, inBackground: false, claim) : Start(request);
            if (status == ExitStatus.Success)
            {
                made?.Keep();
            }

            if (status == ExitStatus.Success && !staysHere)
            {
                TryTellDirectory(request);
                if (request.IsVerbose)
                {
                    TellMounted(request);
                }
            }

            return status;
        });
        return command;
    }

    /// <summary>Mounts in the background, and returns when the mount answers; where this is the server already, when it is gone.</summary>
    internal static int Start(MountRequest request) =>
        Background.IsForked ? Serve(request, inBackground: true) : Background.Start(request);

    /// <summary>Tells what was mounted where, as mount(8) does with -v.</summary>
    internal static void TellMounted(MountRequest request) => Console.Out.WriteLine($"imagefs: {request.PublicImage} mounted on {request.Directory}.");

    // What a command line means does not hang on which files there are: the last word is the directory.
    private static void RefuseFile(MountRequest request)
    {
        if (FileDevice.FindDescriptor(request.Directory) is not null || !Paths.IsFile(request.Directory))
        {
            return;
        }

        string[] images = [.. ((IEnumerable<string>)[request.Image, .. request.Further]).Select(ImageLocation.ToPublic), request.Directory];
        string forEach = string.Join(", ", images.Select(image => $"'imagefs mount {image}'"));
        throw new FuseMountException(
            $"{request.Directory}: a file, where the directory to mount on belongs: {forEach} for a mount each, " +
            $"'imagefs mount {string.Join(' ', images)} DIR' for a volume that lies on all of them");
    }

    // A mount that nobody knows the place of is no use to anybody.
    private static void TryTellDirectory(MountRequest request)
    {
        try
        {
            TellDirectory(request);
        }
        catch (IOException)
        {
            UnmountCommand.Unmount(request.Directory, lazy: true);
            throw;
        }
    }

    // For scripts, too: dir=$(imagefs mount disk.img).
    private static void TellDirectory(MountRequest request)
    {
        if (request.ChoseDirectory)
        {
            using Stream output = StandardOutput.Open();
            NameText.Write(output, ByteText.ToBytes(request.Directory));
            output.WriteByte((byte)'\n');
        }
    }

    /// <summary>Mounts, and serves until the mount is gone.</summary>
    /// <param name="request">What to mount.</param>
    /// <param name="inBackground">Whether this is the server's own process, whose parent waits to hear that the mount answers.</param>
    /// <param name="claim">What keeps others from the directory until something is mounted on it; null for nothing.</param>
    internal static int Serve(MountRequest request, bool inBackground, ClaimedFolder? claim = null)
    {
        RefuseFile(request);
        var log = new Log();
        using Readiness? readiness = inBackground ? null : Readiness.Take(request);
        ServiceManager.Reach();
        if (inBackground)
        {
            log.ReachSystemLog();
        }

        MountSource source = MountSource.Open(request, log.Write, isServer: true);
        using (KernelMount? kernel = source.Kernel)
        {
            if (kernel?.TryMount(source, log.Write) == true)
            {
                if (inBackground && !Background.Ready())
                {
                    kernel.Undo(source.Options.MountPoint);
                    return ExitStatus.Interrupted;
                }

                kernel.Keep();
                Announce();
                return ExitStatus.Success;
            }
        }

        using ImageServer server = ImageServer.Start(source, request, log.Write);
        using MadeDirectory? made = request.MadeDirectory is { } directory ? new MadeDirectory(directory, source.Options.Keeper) : null;
        using PidFile? pidFile = PidFile.Write(request.PidFile, source.Options.Keeper);
        if (server.IsInterrupted)
        {
            server.Run();
            return ExitStatus.Interrupted;
        }

        if (inBackground)
        {
            log.MoveToSystemLog();
            if (!Background.Ready())
            {
                return ExitStatus.Interrupted;
            }
        }

        Announce();
        server.Run();
        return ExitStatus.Success;

        void Announce()
        {
            claim?.Dispose();
            readiness?.Announce(server: null);
            if (!inBackground)
            {
                TellDirectory(request);
            }
        }
    }
}
