using System.CommandLine;
using System.CommandLine.Help;
using ImageFs.Commands;
using ImageFs.Completion;
using ImageFs.Desktop;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;

namespace ImageFs;

/// <summary>The program <c>imagefs</c>.</summary>
internal static class Program
{
    // Whatever happens is told in a line: where there is no /proc, no memory or no descriptor left, too.
    private static int Main(string[] decoded) => Guard(() => Start(decoded), static () => null);

    private static int Start(string[] decoded)
    {
        string[] arguments = Processes.RestoreBytes(decoded);
        if (Background.FindRequest(arguments) is { } request)
        {
            return Guard(() => MountCommand.Serve(request, inBackground: true), () => request.PublicImage);
        }

        if (MountWatcher.TryRun(arguments) || KernelMounter.TryRun(arguments) || BackingProcess.TryRun(arguments) || LibraryReader.TryRun(arguments) || MountNotice.TryRun(arguments) || MountUsersReport.TryRun(arguments))
        {
            return ExitStatus.Success;
        }

        if (MountHelper.FindCall(arguments) is { } call)
        {
            return Guard(() => MountHelper.Run(call), () => call.FirstOrDefault());
        }

        if (PlainMount.Parse(arguments) is { } mount)
        {
            return Guard(() => MountCommand.Start(mount), () => mount.PublicImage);
        }

        return Run(arguments);
    }

    // By itself, for its types to be loaded only when it is.
    private static int Run(string[] arguments)
    {
        Terminal.TakeOver();
        Verb root = CreateRoot();
        if (arguments is [Completer.Word, .. var words])
        {
            // A shell reads this, and wants the bytes; a word that a line cannot hold is left out.
            using var output = new ByteTextWriter(StandardOutput.Open());
            Completer.Write(output, root, words);
            return ExitStatus.Success;
        }

        ParseResult parsed = root.Parse(CommandLine.WithVerb(root, arguments), CommandLine.Configuration);
        if (CommandLine.Explain(parsed, arguments) is { } problem)
        {
            string command = parsed.CommandResult.Command == root ? "imagefs" : $"imagefs {parsed.CommandResult.Command.Name}";
            return Failure.Tell(problem.EndsWith('?') ? problem : $"{problem}; try '{command} --help'", ExitStatus.Usage);
        }

        // The commands' own errors are told here, in one line each; the runtime's handler would print a stack.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        return Guard(() => parsed.Invoke(configuration), () => ImageArgument.PublicFirst(parsed));
    }

    /// <summary>All commands.</summary>
    internal static Verb CreateRoot() => new("imagefs", "Mounts disk images and block devices read-only, without root; lists, copies and explains what is in them.")
    {
        new Example("imagefs debian.iso ~/iso", "mount an ISO"),
        new Example("imagefs umount ~/iso", "unmount it"),
        new Example("imagefs mount -o part=2 disk.img /mnt", "one partition of a disk"),
        new Example("imagefs info disk.qcow2", "what is in an image"),
        new Example("imagefs extract disk.img etc -C out", "copy files out, without FUSE"),
        { "Mounting", MountCommand.Create(), OpenCommand.Create(), UnmountCommand.Create(), MountsCommand.Create(), StatsCommand.Create() },
        { "Reading, without a mount", ListCommand.Create(), TreeCommand.Create(), FindCommand.Create(), CatCommand.Create(), SumsCommand.Create(), DiffCommand.Create(), ExtractCommand.Create(), TarCommand.Create(), ExportCommand.Create() },
        { "Explaining", InfoCommand.Create(), ExtentsCommand.Create(), VerifyCommand.Create(), DoctorCommand.Create() },
        { "For Linux by itself", ManifestCommand.Create() },
        new HelpOption("--help", "-h") { Description = "Print this help, or that of a command.", Action = new PrintHelp() },
        new Option<bool>("--version", "-V") { Description = "Print the version.", Action = new PrintVersion(), Recursive = true },
    };

    private static int Guard(Func<int> command, Func<string?> findImage)
    {
        try
        {
            return command();
        }
        catch (Exception e)
        {
            return Failure.Tell(e, findImage);
        }
    }
}
