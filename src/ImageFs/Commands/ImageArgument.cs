using System.CommandLine;
using System.CommandLine.Parsing;
using ImageFs.Images;

namespace ImageFs.Commands;

/// <summary>The argument <c>IMAGE</c> of a command. Further images are what <c>-o device=</c> names: all together have the volumes that are meant.</summary>
internal static class ImageArgument
{
    private const string Name = "IMAGE";
    private const string Kinds = "An image file, a block device, /dev/fd/N, or IMAGE//PATH: an image inside an image.";
    private const string Together = "Several are the disks of a volume that lies on them; as -o device=.";

    /// <summary>One image.</summary>
    internal static Argument<string[]> One() => new(Name) { Description = Kinds, Arity = ArgumentArity.ExactlyOne, CustomParser = static result => [result.Tokens[0].Value] };

    /// <summary>One or several, with nothing behind.</summary>
    internal static Argument<string[]> Several() => new(Name) { Description = $"{Kinds} {Together}", Arity = ArgumentArity.OneOrMore };

    /// <summary>One or several; the last word is for the argument behind.</summary>
    internal static Argument<string[]> SeveralButLast() => new(Name) { Description = $"{Kinds} {Together}", Arity = ArgumentArity.OneOrMore, CustomParser = TakeAllButLast };

    /// <summary>The image that a command line names first; null when it names none.</summary>
    internal static string? First(ParseResult parsed) => parsed.GetResult(Name) is { Tokens: [var first, ..] } ? first.Value : null;

    /// <summary>The same, as everybody may see it.</summary>
    internal static string? PublicFirst(ParseResult parsed) => First(parsed) is { } image ? ImageLocation.ToPublic(image) : null;

    private static string[] TakeAllButLast(ArgumentResult result)
    {
        int count = Math.Max(1, result.Tokens.Count - 1);
        string[] taken = [.. result.Tokens.Take(count).Select(token => token.Value)];
        result.OnlyTake(count);
        return taken;
    }
}
