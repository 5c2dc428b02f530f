namespace ImageFs.Output;

/// <summary>Puts names into columns, as ls(1) does: downwards, in as many columns as fit, each as wide as its longest name.</summary>
internal static class NameColumns
{
    private const int Gap = 2;

    /// <summary>Finds how many rows the names take.</summary>
    /// <param name="widths">The cells of each name.</param>
    /// <param name="lineWidth">The cells of a line.</param>
    /// <returns>The cells of each column, the space behind its names among them.</returns>
    internal static int[] Fit(IReadOnlyList<int> widths, int lineWidth)
    {
        // A column has a cell and the space behind it, at least.
        for (int count = Math.Min(widths.Count, Math.Max(1, (lineWidth + Gap) / (1 + Gap))); count > 1; count--)
        {
            int rows = (widths.Count + count - 1) / count;
            int[] columns = Columns(widths, rows);
            if (columns.Sum() - Gap < lineWidth)
            {
                return columns;
            }
        }

        return widths.Count == 0 ? [] : [widths.Max()];
    }

    private static int[] Columns(IReadOnlyList<int> widths, int rows)
    {
        int[] columns = new int[(widths.Count + rows - 1) / rows];
        for (int i = 0; i < widths.Count; i++)
        {
            columns[i / rows] = Math.Max(columns[i / rows], widths[i] + Gap);
        }

        return columns;
    }
}
