using ImageFs.Storage;

namespace ImageFs.Layers;

/// <summary>Extents as tables for people, a table for each layer.</summary>
internal static class ExtentText
{
    private const string Row = "{0,16} {1,16}  {2,-9} {3,16}  {4}";

    internal static void Write(TextWriter output, string name, BlockSource source)
    {
        output.WriteLine($"{name}: {source.Length} bytes");
        bool isBottom = false;
        for (int layer = 1; !isBottom; layer++)
        {
            isBottom = true;
            output.WriteLine();
            output.WriteLine(Row, "OFFSET", "LENGTH", "KIND", "ADDRESS", "IN");
            foreach (ExtentRun run in LayerExtents.At(source, layer, bottom => isBottom &= bottom))
            {
                LocatedExtent extent = run.Extent;
                string repeated = run.Count > 1 ? $", {run.Count} times {extent.Length} bytes" : string.Empty;
                string address = LayerExtents.HasAddress(extent) ? $"{extent.Address}" : "-";
                string stored = run.Codec is { } codec ? $", {run.StoredLength} bytes of {codec.Name}{(run.Stored.Count > 1 ? $" in {run.Stored.Count} pieces" : string.Empty)}" : string.Empty;
                output.WriteLine(Row, extent.Offset, run.Length, KindName(extent), address, $"{LayerExtents.NameOf(extent)}{stored}{repeated}");
            }
        }
    }

    /// <summary>A kind's name, as it is printed.</summary>
    internal static string KindName(in LocatedExtent extent) => extent.Kind switch
    {
        ExtentKind.Hole => "hole",
        ExtentKind.Mapped => "mapped",
        ExtentKind.Unwritten => "unwritten",
        ExtentKind.Own => LayerExtents.OwnOf(extent) switch
        {
            OwnBytes.Rebuilt => "rebuilt",
            OwnBytes.Missing => "missing",
            OwnBytes.Checked => "checked",
            _ => "inline",
        },
        ExtentKind.Encoded => "encoded",
        _ => throw new ArgumentOutOfRangeException(nameof(extent)),
    };
}
