using ImageFs.Storage;

namespace ImageFs.Layers;

/// <summary>A picture of the files and devices that an object's bytes are in: a cell for each part of them, marked where the bytes are.</summary>
internal static class ImageMap
{
    private const int Rows = 4;
    private const int MaxLayers = 1024;
    private const char Marked = '█';
    private const char Partly = '▒';
    private const char Free = '·';

    /// <param name="output">Where to.</param>
    /// <param name="source">The object.</param>
    /// <param name="columns">Width in cells; at least 1.</param>
    internal static void Write(TextWriter output, BlockSource source, int columns)
    {
        var covered = new Dictionary<Device, long[]>();
        foreach (ExtentRun run in LayerExtents.At(source, MaxLayers))
        {
            foreach (LocatedExtent extent in run.Codec is null ? [run.Extent] : run.Stored)
            {
                if (extent.Device is { } device)
                {
                    if (!covered.TryGetValue(device, out long[]? cells))
                    {
                        covered[device] = cells = new long[columns * Rows];
                    }

                    Cover(cells, CellLength(device, cells), extent.Address, extent.Length);
                }
            }
        }

        foreach ((Device device, long[] cells) in covered)
        {
            long cell = CellLength(device, cells);
            output.WriteLine();
            output.WriteLine($"{device.Name}: {device.Length} bytes, {cell} a cell");
            for (int start = 0; start < cells.Length && start * cell < device.Length; start += columns)
            {
                output.WriteLine(string.Concat(cells.Skip(start).Take(columns).Select((bytes, i) => Draw(bytes, Math.Min(cell, device.Length - ((start + i) * cell))))));
            }
        }
    }

    private static long CellLength(Device device, long[] cells) => ((device.Length - 1) / cells.Length) + 1;

    private static void Cover(long[] cells, long cellLength, long address, long length)
    {
        while (length > 0)
        {
            long cell = Math.DivRem(address, cellLength, out long inCell);
            long part = Math.Min(length, cellLength - inCell);
            cells[cell] += part;
            address += part;
            length -= part;
        }
    }

    private static string Draw(long bytes, long cellLength)
    {
        if (cellLength <= 0)
        {
            return string.Empty;
        }

        return (bytes == 0 ? Free : bytes < cellLength ? Partly : Marked).ToString();
    }
}
