using System.Globalization;
using ImageFs.Storage;

namespace ImageFs.Output;

/// <summary>All of a description for people, each thing indented by what it is in.</summary>
/// <param name="output">Where to.</param>
/// <param name="style">How it looks.</param>
internal sealed class DescriptionText(TextWriter output, Style style)
{
    private const int KeyWidth = 20;

    internal void Write(ImageDescription description) => Write(description, 0);

    /// <summary>A fact's value as text.</summary>
    /// <remarks>What an image says of itself may hold anything, a terminal's escape sequences too.</remarks>
    internal static string Text(object value) => value switch
    {
        long number => number.ToString(CultureInfo.InvariantCulture),
        bool flag => flag ? "yes" : "no",
        DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.ff zzz", CultureInfo.InvariantCulture),
        _ => PrintableText.Of(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty),
    };

    private void Write(ImageDescription description, int depth)
    {
        string indent = new(' ', 2 * depth);
        output.WriteLine($"{indent}{style.Bold(description.Kind)}");
        foreach ((string key, object value) in description.Facts)
        {
            string text = key == "unknown" ? style.Problem(Text(value)) : Text(value);
            output.WriteLine($"{indent}  {style.Faint(key.PadRight(KeyWidth))} {text}");
        }

        foreach (ImageDescription child in description.Children)
        {
            Write(child, depth + 1);
        }
    }
}
