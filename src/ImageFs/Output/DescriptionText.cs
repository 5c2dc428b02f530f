using System.Globalization;
using ImageFs.Storage;

namespace ImageFs.Output;

/// <summary>A description as an indented tree for people.</summary>
internal static class DescriptionText
{
    private const int KeyWidth = 20;

    internal static void Write(TextWriter output, ImageDescription description) => Write(output, description, 0);

    private static void Write(TextWriter output, ImageDescription description, int depth)
    {
        string indent = new(' ', 2 * depth);
        output.WriteLine($"{indent}{description.Kind}");
        foreach ((string key, object value) in description.Facts)
        {
            output.WriteLine($"{indent}  {key.PadRight(KeyWidth)} {Text(value)}");
        }

        foreach (ImageDescription child in description.Children)
        {
            Write(output, child, depth + 1);
        }
    }

    // What an image says of itself may hold anything, a terminal's escape sequences too.
    private static string Text(object value) => value switch
    {
        long number => number.ToString(CultureInfo.InvariantCulture),
        bool flag => flag ? "yes" : "no",
        DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.ff zzz", CultureInfo.InvariantCulture),
        _ => string.Concat((Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty)
            .Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString())),
    };
}
