using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;

namespace ImageFs.Commands;

/// <summary>
/// <c>/sbin/mount.imagefs SPEC DIR [-sfnv] [-N ns] [-o opts] [-t type.subtype]</c>: what mount(8) runs for <c>mount -t imagefs</c>, for
/// lines of fstab(5) and for mount units. The letters mean other things than those of <c>imagefs mount</c>.
/// </summary>
internal static class MountHelper
{
    private const string Prefix = "mount.";

    // Stands for such a name where there is none to give.
    private const string HelperWord = "--mount-helper";

    // Of several namespaces the last counts: the one that the process is in.
    private const string InsideAlready = "-";

    private const string Usage = "usage: mount.imagefs SPEC DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE.SUBTYPE]; see mount.imagefs(8)";

    /// <summary>The command line, when this process was started by such a name; the program's file may have another, and be linked to.</summary>
    internal static string[]? FindCall(string[] arguments) => arguments is [HelperWord, .. var words]
        ? words
        : Processes.CalledBy().StartsWith(Prefix, StringComparison.Ordinal) ? arguments : null;

    /// <summary>Mounts as it is asked to.</summary>
    /// <returns>The exit status.</returns>
    internal static int Run(string[] arguments)
    {
        Terminal.TakeOver();
        if (arguments is ["-h" or "--help"])
        {
            Console.Out.WriteLine(Usage);
            return ExitStatus.Success;
        }

        if (arguments is ["-V" or "--version"])
        {
            Console.Out.WriteLine($"mount.imagefs {typeof(MountHelper).Assembly.GetName().Version?.ToString(3)}");
            return ExitStatus.Success;
        }

        if (Call.Parse(arguments) is not { } call)
        {
            Log.WriteToStandardError(Usage);
            return ExitStatus.Usage;
        }

        if (call.Namespace is { } space)
        {
            return RunInside(space, arguments);
        }

        var request = new MountRequest(call.Source, call.Directory, call.Options) { IsSloppy = call.IsSloppy, IsFromMount = true, IsVerbose = call.IsVerbose };
        if (call.IsFake)
        {
            MountSource.Open(request, Log.WriteToStandardError, isServer: false).Dispose();
            return ExitStatus.Success;
        }

        int status = MountCommand.Start(request);
        if (call.IsVerbose && status == ExitStatus.Success)
        {
            MountCommand.TellMounted(request);
        }

        return status;
    }

    // A process of several threads cannot change its mount namespace; nsenter(1) has one.
    private static int RunInside(string space, string[] arguments)
    {
        string file = space.All(char.IsAsciiDigit) ? $"/proc/{space}/ns/mnt" : space;
        string[] words = ["nsenter", $"--mount={file}", "--", .. Background.Self, HelperWord, .. arguments, "-N", InsideAlready];
        return ChildProcess.StartServer(words, Descriptors.StandardError).Wait() is { } status and < 127 ? status : ExitStatus.System;
    }

    /// <summary>The words of the command line, sorted.</summary>
    private sealed record Call(string Source, string Directory)
    {
        internal string Options { get; private set; } = string.Empty;

        internal string? Namespace { get; private set; }

        internal bool IsSloppy { get; private set; }

        internal bool IsFake { get; private set; }

        internal bool IsVerbose { get; private set; }

        /// <summary>Sorts them, as getopt(3) does; null when they are wrong.</summary>
        internal static Call? Parse(string[] arguments)
        {
            var paths = new List<string>();
            var options = new List<string>();
            string? format = null;
            string? space = null;
            string letters = string.Empty;
            for (int i = 0; i < arguments.Length; i++)
            {
                string word = arguments[i];
                if (word is not ['-', _, ..])
                {
                    paths.Add(word);
                    continue;
                }

                for (int j = 1; j < word.Length; j++)
                {
                    char letter = word[j];
                    if ("sfnvrw".Contains(letter, StringComparison.Ordinal))
                    {
                        letters += letter;
                        continue;
                    }

                    // Its value is the rest of the word, or the next one.
                    string? value = j + 1 < word.Length ? word[(j + 1)..] : ++i < arguments.Length ? arguments[i] : null;
                    if (value is null || !"oNt".Contains(letter, StringComparison.Ordinal))
                    {
                        return null;
                    }

                    options.AddRange(letter == 'o' ? [value] : []);
                    space = letter == 'N' ? value : space;
                    format = letter == 't' ? FormatOf(value) : format;
                    break;
                }
            }

            // The format first: an option of the same name overrides it.
            return paths is [var source, var directory]
                ? new Call(source, directory)
                {
                    Options = string.Join(',', format is null ? options : [$"fs={format}", .. options]),
                    Namespace = space == InsideAlready ? null : space,
                    IsSloppy = letters.Contains('s', StringComparison.Ordinal),
                    IsFake = letters.Contains('f', StringComparison.Ordinal),
                    IsVerbose = letters.Contains('v', StringComparison.Ordinal),
                }
                : null;
        }

        // imagefs.iso9660 is the format iso9660; fuse.imagefs is none.
        private static string? FormatOf(string type) => type.Split('.') is ["imagefs", { Length: > 0 } format] ? format : null;
    }
}
