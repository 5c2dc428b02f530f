namespace ImageFs.Output;

/// <summary>Text as a terminal shows it (ECMA-48, SGR), or as it is where there is none.</summary>
/// <param name="usesColour">Whether it is for a terminal.</param>
internal sealed class Style(bool usesColour)
{
    private const string Strong = "\e[1m";
    private const string Weak = "\e[2m";
    private const string Cyan = "\e[36m";
    private const string Yellow = "\e[33m";
    private const string Plain = "\e[0m";

    private static readonly string[] s_codes = [Strong, Weak, Cyan, Yellow, Plain];

    /// <summary>A heading, or a name.</summary>
    internal string Bold(string text) => Paint(Strong, text);

    /// <summary>What can be passed over.</summary>
    internal string Faint(string text) => Paint(Weak, text);

    /// <summary>What it all is about: a file system's type.</summary>
    internal string Accent(string text) => Paint(Cyan, text);

    /// <summary>Something wrong.</summary>
    internal string Problem(string text) => Paint(Yellow, text);

    /// <summary>The length of the code that a text begins with; 0 when it is none of those in use here.</summary>
    internal static int CodeAt(ReadOnlySpan<char> text)
    {
        foreach (string code in s_codes)
        {
            if (text.StartsWith(code, StringComparison.Ordinal))
            {
                return code.Length;
            }
        }

        return 0;
    }

    private string Paint(string code, string text)
    {
        string printable = PrintableText.Of(text);
        return usesColour && text.Length > 0 ? $"{code}{printable}{Plain}" : printable;
    }
}
