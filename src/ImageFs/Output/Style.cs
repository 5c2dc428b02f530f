namespace ImageFs.Output;

/// <summary>Text as a terminal shows it (ECMA-48, SGR), or as it is where there is none.</summary>
/// <param name="usesColour">Whether it is for a terminal.</param>
internal sealed class Style(bool usesColour)
{
    /// <summary>A heading, or a name.</summary>
    internal string Bold(string text) => Paint("1", text);

    /// <summary>What can be passed over.</summary>
    internal string Faint(string text) => Paint("2", text);

    /// <summary>What it all is about: a file system's type.</summary>
    internal string Accent(string text) => Paint("36", text);

    /// <summary>Something wrong.</summary>
    internal string Problem(string text) => Paint("33", text);

    private string Paint(string code, string text) => usesColour && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
}
