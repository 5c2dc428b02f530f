using System.Text;

namespace ImageFs.Benchmarks.Report;

/// <summary>A table of text, aligned so that it can be read as it is.</summary>
internal sealed class MarkdownTable
{
    private readonly List<string[]> _rows = [];

    public MarkdownTable(params string[] header) => _rows.Add(header);

    public void Add(params string[] row) => _rows.Add(row);

    /// <inheritdoc/>
    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, _rows[0].Length).Select(column => Math.Max(3, _rows.Max(row => row[column].Length)))];
        var text = new StringBuilder();
        Write(text, _rows[0], widths);
        Write(text, [.. widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ":")], widths);
        foreach (string[] row in _rows.Skip(1))
        {
            Write(text, row, widths);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, string[] row, int[] widths)
    {
        for (int column = 0; column < row.Length; column++)
        {
            text.Append("| ").Append(column == 0 ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column])).Append(' ');
        }

        text.AppendLine("|");
    }
}
