using ImageFs.Mounting;

namespace ImageFs.Commands;

/// <summary>
/// The plain form of the mount command, <c>[mount] [-o OPTIONS] IMAGE DIR</c>, which is most of what is ever asked for. It means what
/// the command line's parser takes it for, and spares that parser's time, which is longer than that of mounting.
/// </summary>
internal static class PlainMount
{
    private const string Verb = "mount";
    private const string OptionsFlag = "-o";

    /// <summary>What is to be mounted; null when the command line is anything else, or might be.</summary>
    internal static MountRequest? Parse(string[] arguments)
    {
        bool hasVerb = arguments is [Verb, ..];
        var paths = new List<string>(2);
        var options = new List<string>();
        for (int i = hasVerb ? 1 : 0; i < arguments.Length; i++)
        {
            bool isOption = arguments[i] == OptionsFlag;
            string? word = arguments.ElementAtOrDefault(isOption ? ++i : i);
            if (word is null || !IsPlain(word))
            {
                return null;
            }

            (isOption ? options : paths).Add(word);
        }

        // Without the verb the image might be another: but none has a slash or a dot.
        return paths.Count == 2 && (hasVerb || paths[0].AsSpan().ContainsAny('/', '.'))
            ? new MountRequest(paths[0], paths[1], string.Join(',', options))
            : null;
    }

    // Whether the parser takes a word as it is: no option, directive, end of options or request for help.
    private static bool IsPlain(string word) =>
        word.Length > 0 && (char.IsAsciiLetterOrDigit(word[0]) || word[0] is '/' or '.') && word is not ("/h" or "/?");
}
