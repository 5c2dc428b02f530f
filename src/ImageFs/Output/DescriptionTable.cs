using System.Globalization;
using ImageFs.Storage;

namespace ImageFs.Output;

/// <summary>The disks, partitions and file systems of an image as a table that is a tree, as lsblk(8) draws it.</summary>
/// <param name="output">Where to.</param>
/// <param name="style">How it looks.</param>
internal sealed class DescriptionTable(TextWriter output, Style style)
{
    private static readonly string[] s_heads = ["NAME", "TYPE", "START", "SIZE", "FSTYPE", "LABEL", "UUID"];

    // Columns of numbers, which stand to the right.
    private const int Start = 2;
    private const int Size = 3;
    private const int FileSystem = 4;

    internal void Write(ImageDescription image)
    {
        var rows = new List<Row>();
        Add(rows, image, null, string.Empty, string.Empty);
        int[] widths = [.. s_heads.Select((head, column) => rows.Max(row => Math.Max(head.Length, row.Cells[column].Length)))];
        Write([.. s_heads.Select((head, column) => style.Bold(Pad(head, column, widths)))], string.Empty);
        foreach (Row row in rows)
        {
            string[] cells = [.. row.Cells.Select((cell, column) => Pad(cell, column, widths))];
            cells[FileSystem] = style.Accent(cells[FileSystem]);
            Write(cells, row.Problem);
        }
    }

    private static void Add(List<Row> rows, ImageDescription description, ImageDescription? above, string branch, string below)
    {
        rows.Add(new Row(
            [
                branch + NameOf(description, above),
                description.Kind,
                Bytes(description, "start"),
                Bytes(description, "size"),
                Text(description, "fstype") is { Length: > 0 } type ? type : Text(description, "pttype"),
                Text(description, "label") is { Length: > 0 } label ? label : Text(description, "partlabel"),
                Text(description, "uuid"),
            ],
            Text(description, "unknown")));
        ImageDescription[] inside = [.. description.Children.Where(child => IsRow(child, description))];
        for (int i = 0; i < inside.Length; i++)
        {
            bool isLast = i == inside.Length - 1;
            Add(rows, inside[i], description, below + (isLast ? "└─" : "├─"), below + (isLast ? "  " : "│ "));
        }
    }

    // The file system of a disk or partition is told in its row; what else has no size is a detail.
    private static bool IsRow(ImageDescription description, ImageDescription above) =>
        description.Kind != above.Find("fstype") as string && (description.Find("size") is not null || description.Find("unknown") is not null);

    private static string NameOf(ImageDescription description, ImageDescription? above)
    {
        if (above is null)
        {
            return Path.GetFileName(Text(description, "name")) is { Length: > 0 } name ? name : Text(description, "name");
        }

        return description.Find("partn") is long number ? number.ToString(CultureInfo.InvariantCulture)
            : Text(description, "name") is { Length: > 0 } own ? own
            : description.Kind;
    }

    private static string Bytes(ImageDescription description, string key) => description.Find(key) is long bytes ? ByteSize.Text(bytes) : string.Empty;

    private static string Text(ImageDescription description, string key) => DescriptionText.Text(description.Find(key) ?? string.Empty);

    private static string Pad(string cell, int column, int[] widths) =>
        column is Start or Size ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]);

    private void Write(string[] cells, string problem)
    {
        // A sentence follows all columns, where it moves none.
        string line = string.Join("  ", cells);
        output.WriteLine(problem.Length == 0 ? line.TrimEnd() : $"{line}  {style.Problem(problem)}");
    }

    private sealed record Row(string[] Cells, string Problem);
}
