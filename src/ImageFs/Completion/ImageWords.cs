using System.CommandLine;
using ImageFs.Commands;
using ImageFs.Confinement;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Storage.Remote.Http;
using ImageFs.Tree;

namespace ImageFs.Completion;

/// <summary>Completes paths inside images.</summary>
internal static class ImageWords
{
    private const int MaxWords = 1000;

    // Nobody waits for a server at a key's press.
    private const string Hurry = "retry-time=2";

    /// <summary>The paths in the image that a command names which a path may become.</summary>
    internal static IEnumerable<Candidate> Complete(ParseResult parsed, string path) =>
        List(ImageArgument.First(parsed) ?? string.Empty, TypeOption.Join(parsed.GetValue<string[]>("-t"), string.Join(',', parsed.GetValue<string[]>("-o") ?? [])), path);

    /// <summary>The images inside an image that <c>disk.img//boot/in</c> may become; null when it does not lead into one.</summary>
    internal static IEnumerable<Candidate>? CompleteInner(string image)
    {
        int at = image.LastIndexOf(ImageLocation.Separator, StringComparison.Ordinal);
        return at <= 0 || image[at - 1] == ':'
            ? null
            : List(image[..at], string.Empty, image[(at + 2)..]).Select(inner => new Candidate($"{image[..at]}{ImageLocation.Separator}{inner.Text}"));
    }

    // What cannot be read completes to nothing, and says nothing.
    private static List<Candidate> List(string image, string options, string path)
    {
        if (OptionList.Parse(options).TryTake(HttpOptions.DownloadOption, out _))
        {
            return [];
        }

        try
        {
            var words = OptionList.Parse(ImageLocation.IsAddress(image) ? $"{options},{Hurry}" : options);
            OptionList all = words.Copy();
            SandboxLevel? level = Sandbox.Take(words);
            var context = new OpenContext(words);
            using var sandbox = ReaderSandbox.Enter(level, all, [image], ReadingPlan.Nothing, context, log: null, isVerbose: false);
            using ImageStack stack = ImageStack.Open(image, sandbox.Apply(context));
            FileSystem fileSystem = stack.OpenFileSystem();
            int name = path.LastIndexOf('/') + 1;
            byte[] begin = ByteText.ToBytes(path.AsSpan(name));
            return
            [
                .. DirectoryContents.Read(fileSystem, PathLookup.Find(fileSystem, $"/{path[..name]}")).Entries
                    .Where(entry => entry.Name.AsSpan().StartsWith(begin) && (begin.Length > 0 || entry.Name[0] != (byte)'.') && IsText(entry.Name))
                    .Take(MaxWords)
                    .Select(entry => new Candidate($"{path[..name]}{ByteText.FromBytes(entry.Name)}{(IsDirectory(fileSystem, entry) ? "/" : "")}")),
            ];
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
            return [];
        }
    }

    private static bool IsDirectory(FileSystem fileSystem, NamedNode entry) => fileSystem.GetAttributes(entry.Node).Type == NodeType.Directory;

    // A line of the answer can hold it.
    private static bool IsText(byte[] name) => PrintableText.IsPrintable(ByteText.Escape(ByteText.FromBytes(name)));
}
