namespace ImageFs.Output;

/// <summary>What is known of the terminal that standard output goes to.</summary>
internal static class Terminal
{
    private const int UsualWidth = 80;
    private const int WidestText = 100;

    /// <summary>Text in colours, where standard output is a terminal that shows them and <c>NO_COLOR</c> (no-color.org) does not forbid it.</summary>
    internal static Style Style { get; } = new(UsesColour);

    private static bool UsesColour => !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>How long a line of text may be.</summary>
    internal static int Width => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? UsualWidth : Math.Min(Console.WindowWidth, WidestText);
}
