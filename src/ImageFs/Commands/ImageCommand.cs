using System.CommandLine;
using ImageFs.Advice;
using ImageFs.Confinement;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Remote.Http;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary>A command that reads an image without mounting it: what all of them take, and how they open it.</summary>
internal sealed class ImageCommand : Verb
{
    private readonly bool _asksForKeys;
    private readonly Argument<string[]> _images;
    private readonly Option<string[]> _options = new("-o", "--options") { Description = "Mount options, as for mount.", HelpName = "OPTIONS" };
    private readonly Option<string[]> _types;
    private readonly Option<bool> _isVerbose = new("-v", "--verbose") { Description = "Tell on standard error what is read." };
    private readonly Option<bool> _download = new("--download") { Description = "Fetch an image of a server whole first; as -o download." };
    private readonly Option<bool> _strict = new("--strict") { Description = "Fail when a volume with files is left out." };
    private ReadingPlan _plan = ReadingPlan.Nothing;
    private ReaderSandbox? _sandbox;

    /// <summary>Makes the command; its further arguments and options are added to it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="asksForKeys">Whether the user is asked for the passphrase of an encrypted volume.</param>
    /// <param name="takesSeveral">Whether further images may follow: not where paths do.</param>
    /// <param name="hasTypeLetter">Whether <c>-t</c> is the format: not where it is known as something else.</param>
    internal ImageCommand(string name, string description, bool asksForKeys = true, bool takesSeveral = false, bool hasTypeLetter = true)
        : base(name, description)
    {
        _asksForKeys = asksForKeys;
        _images = takesSeveral ? ImageArgument.Several() : ImageArgument.One();
        string[] letter = hasTypeLetter ? ["-t"] : [];
        _types = new Option<string[]>("--types", letter) { Description = "The format, as -o fs=TYPE says it; as for mount(8).", HelpName = "TYPE" };
        Add(_images);
        Add(_options);
        Add(_types);
        Add(_download);
        Add(_isVerbose);
    }

    /// <summary>Whether to print more.</summary>
    internal bool IsVerbose(ParseResult parsed) => parsed.GetValue(_isVerbose);

    /// <summary>Finds the image that a word means: a command may take others for one. By default it is the word.</summary>
    internal Func<string, string> FindImage { get; set; } = static word => word;

    /// <summary>What the command does besides reading the image. By default it is nothing.</summary>
    internal Func<ParseResult, ReadingPlan> MakePlan { get; set; } = static _ => ReadingPlan.Nothing;

    /// <summary>The file that it writes (<see cref="ReadingPlan.Output"/>), while images are open.</summary>
    internal NewFile Output => _plan.Output!;

    /// <summary>Has the folder that is copied to stay, though nothing may come to be in it.</summary>
    internal void KeepTarget() => _sandbox?.KeepTarget();

    /// <summary>Sets what the command does with the image's layers, opened.</summary>
    /// <param name="action">Gets the layers and what was parsed; returns the exit status.</param>
    internal void SetAction(Func<ImageStack, ParseResult, int> action) => SetAction(parsed =>
        Open(parsed, [.. parsed.GetRequiredValue(_images).Select(FindImage)], stack => action(stack, parsed)));

    /// <summary>Opens images with the options that were given, for as long as something is done with them.</summary>
    /// <param name="parsed">What was parsed.</param>
    /// <param name="images">The images: all together have the volumes that are meant.</param>
    /// <param name="action">Gets the layers; returns the exit status.</param>
    internal int Open(ParseResult parsed, IReadOnlyList<string> images, Func<ImageStack, int> action)
    {
        OptionList options = TypeOption.Parse(parsed.GetValue(_types), string.Join(',', parsed.GetValue(_options) ?? []));
        options.Add(parsed.GetValue(_download) ? HttpOptions.DownloadOption : null);
        OptionList all = options.Copy();
        SandboxLevel? level = Sandbox.Take(options);
        SessionOptions.Drop(options);
        using var keys = new OptionKeys(options, _asksForKeys ? new KeyPrompt() : null);
        var context = new OpenContext(options, Log.WriteToStandardError) { Keys = keys, ShowTransfer = total => TransferBar.Show(total) };
        using var pause = CollectionPause.Begin();

        // Once: rights that are gone stay so.
        using ReaderSandbox? entered = _sandbox is null ? Confine(parsed, images, level, all, context) : null;
        _sandbox ??= entered!;
        using ImageStack stack = ImageStack.Open(images, _sandbox.Apply(context));
        return action(stack);
    }

    /// <summary>Sets what the command does with the image's layers and files.</summary>
    /// <param name="action">Gets the layers, the file system and what was parsed; returns the exit status.</param>
    internal void SetAction(Func<ImageStack, FileSystem, ParseResult, int> action)
    {
        Add(_strict);
        SetAction((stack, parsed) => action(stack, OpenFileSystem(stack, parsed), parsed));
    }

    /// <summary>Opens the file system of an image.</summary>
    /// <param name="stack">The image's layers.</param>
    /// <param name="parsed">What was parsed.</param>
    internal FileSystem OpenFileSystem(ImageStack stack, ParseResult parsed)
    {
        stack.Context.Options.Add(parsed.GetValue(_strict) ? ImageStack.StrictOption : null);
        FileSystem fileSystem = stack.OpenFileSystem();
        KnownFormats.RefuseRest(stack.Context.Options);
        if (IsVerbose(parsed))
        {
            Log.WriteToStandardError($"{stack.Name}: {fileSystem.Format}");
        }

        return fileSystem;
    }

    /// <summary>Sets what the command does with the image's files.</summary>
    /// <param name="action">Gets the file system and what was parsed; returns the exit status.</param>
    internal void SetAction(Func<FileSystem, ParseResult, int> action) => SetAction((_, fileSystem, parsed) => action(fileSystem, parsed));

    /// <summary>
    /// Does something with each of several paths in the image, which may be patterns: an error in one is reported, and does not stop the others.
    /// </summary>
    /// <param name="parsed">What was parsed.</param>
    /// <param name="fileSystem">Where the paths are.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="action">What is done.</param>
    /// <returns>The exit status: that of the first that failed.</returns>
    internal static int ForEach(ParseResult parsed, FileSystem fileSystem, IEnumerable<string> paths, Action<string> action)
    {
        var meant = new List<string>();
        int expanded = ForEach(parsed, paths, path => meant.AddRange(PathPattern.Expand(fileSystem, path)));
        int done = ForEach(parsed, meant, path => MeantPath.Explain(fileSystem, path, () => action(path)));
        return expanded == ExitStatus.Success ? done : expanded;
    }

    /// <summary>Does something with each of several paths: an error in one is reported, and does not stop the others.</summary>
    /// <param name="parsed">What was parsed.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="action">What is done.</param>
    /// <returns>The exit status: that of the first that failed.</returns>
    internal static int ForEach(ParseResult parsed, IEnumerable<string> paths, Action<string> action)
    {
        int status = ExitStatus.Success;
        foreach (string path in paths)
        {
            try
            {
                action(path);
            }
            catch (Exception e) when (e is ImageException or LinuxException { Errno: not Errno.EPIPE })
            {
                int failed = Failure.Tell(e, () => $"{ImageArgument.PublicFirst(parsed)}: {path}", isOfPath: true);
                if (e is LinuxException { Errno: Errno.ENOENT } && Paths.IsFile(path))
                {
                    Log.WriteToStandardError($"{path} is a path in the image here; -o device={path} gives a further image");
                }

                status = status == ExitStatus.Success ? failed : status;
            }
        }

        return status;
    }

    private ReaderSandbox Confine(ParseResult parsed, IReadOnlyList<string> images, SandboxLevel? level, OptionList options, OpenContext context)
    {
        _plan = MakePlan(parsed);
        return ReaderSandbox.Enter(level, options, images, _plan, context, Log.WriteToStandardError, IsVerbose(parsed));
    }
}
