using System.CommandLine;
using ImageFs.Commands;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Storage;

namespace ImageFs;

/// <summary>The program <c>imagefs</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (Background.FindRequest(arguments) is { } request)
        {
            return Guard(() => MountCommand.Serve(request, inBackground: true), () => request.Image);
        }

        if (PlainMount.Parse(arguments) is { } mount)
        {
            return Guard(() => Background.Start(mount), () => mount.Image);
        }

        return Run(arguments);
    }

    // By itself, for its types to be loaded only when it is.
    private static int Run(string[] arguments)
    {
        var root = new RootCommand("Mount disk images and block devices read-only, without root and without a copy.")
        {
            MountCommand.Create(),
            UnmountCommand.Create(),
            InfoCommand.Create(),
            ListCommand.Create(),
            TreeCommand.Create(),
            CatCommand.Create(),
            ExtractCommand.Create(),
            ExtentsCommand.Create(),
            StatsCommand.Create(),
        };

        ParseResult parsed = root.Parse(WithVerb(root, arguments), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            string command = parsed.CommandResult.Command == root ? "imagefs" : $"imagefs {parsed.CommandResult.Command.Name}";
            return Fail($"{parsed.Errors[0].Message.TrimEnd('.')}; try '{command} --help'", ExitStatus.Usage);
        }

        // The commands' own errors are told here, in one line each; the runtime's handler would print a stack.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        return Guard(() => parsed.Invoke(configuration), () => parsed.GetValue<string>("IMAGE"));
    }

    // `imagefs IMAGE DIR` is short for `imagefs mount IMAGE DIR`; options may stand before either, and -o has a word of its own.
    private static string[] WithVerb(RootCommand root, string[] arguments)
    {
        int first = 0;
        while (first < arguments.Length && arguments[first] is ['-', _, ..] option && option != "--")
        {
            first += option is "-o" or "--options" ? 2 : 1;
        }

        bool isVerb = first < arguments.Length && root.Subcommands.Any(command => command.Name == arguments[first] || command.Aliases.Contains(arguments[first]));
        return first >= arguments.Length || isVerb ? arguments : ["mount", .. arguments];
    }

    private static int Guard(Func<int> command, Func<string?> findImage)
    {
        try
        {
            return command();
        }
        catch (MountOptionException e)
        {
            return Fail(e.Message, ExitStatus.Usage);
        }
        catch (ImageException e)
        {
            return Fail($"{findImage()}: {e.Message}", ExitStatus.MountFailure);
        }
        catch (LinuxException e) when (e.Errno == Errno.EPIPE)
        {
            // Who read the output has read enough: `imagefs cat ... | head`.
            return ExitStatus.BrokenPipe;
        }
        catch (Exception e) when (e is LinuxException or FuseMountException)
        {
            bool isPermission = e is LinuxException { Errno: Errno.EPERM or Errno.EACCES } or FuseMountException { IsPermission: true };
            return Fail(e.Message, isPermission ? ExitStatus.Usage : ExitStatus.MountFailure);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message, ExitStatus.System);
        }
        catch (Exception e)
        {
            return Fail($"a bug: {e}", ExitStatus.Bug);
        }
    }

    private static int Fail(string message, int status)
    {
        Log.WriteToStandardError(message);
        return status;
    }
}
