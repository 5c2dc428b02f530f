using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>What is known of the terminal that standard output goes to.</summary>
internal static class Terminal
{
    private const int UsualWidth = 80;
    private const int WidestText = 100;

    /// <summary>Text in colours, where standard output is a terminal that shows them and <c>NO_COLOR</c> (no-color.org) does not forbid it.</summary>
    internal static Style Style { get; } = new(UsesColour);

    /// <summary>
    /// Has <see cref="Console"/> write to standard output as it is. Else it tells a terminal first to have its arrow keys speak as some
    /// programs want it, and tells it nothing at the end.
    /// </summary>
    internal static void TakeOver() => Console.SetOut(new PrintableWriter(StandardOutput.Open(), isStyled: false));

    /// <summary>Standard output for text in <see cref="Style"/>.</summary>
    internal static TextWriter StyledOut { get; } = new PrintableWriter(StandardOutput.Open(), isStyled: true);

    /// <summary>Whether standard output goes to one.</summary>
    internal static bool IsThere => !Console.IsOutputRedirected;

    /// <summary>Whether it is one that shows colours, and wants them.</summary>
    internal static bool UsesColour => IsThere
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>How long a line of text may be.</summary>
    internal static int TextWidth => Math.Min(Width ?? UsualWidth, WidestText);

    /// <summary>How wide the terminal is; null when standard output goes elsewhere, or nobody knows.</summary>
    internal static int? Width => Terminals.FindWidth(Descriptors.StandardOutput) is > 0 and int width ? width : null;
}
