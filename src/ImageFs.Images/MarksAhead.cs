using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.Images;

/// <summary>
/// Has the blocks asked for together that marks are looked for in, of a source that is read from afar: whoever looks what it is asks for one after
/// another, and would wait for each.
/// </summary>
internal static class MarksAhead
{
    private const int BlockSize = 4096;

    /// <summary>Asks for them, and waits for none.</summary>
    public static void Ask(BlockSource source)
    {
        if (!ProbeWindow.IsFar(source))
        {
            return;
        }

        // The two ends come whole, and first.
        long lastEnd = source.Length - ProbeWindow.EndLength;
        foreach (long address in KnownFormats.All.SelectMany(format => format.Marks).SelectMany(PlacesOf).Where(address => address >= ProbeWindow.EndLength && address < lastEnd).Distinct().Order())
        {
            source.Prefetch(address, BlockSize);
        }
    }

    private static IEnumerable<long> PlacesOf(Mark mark) =>
        Enumerable.Range(0, mark.Places).Select(place => (mark.Address + ((long)place * mark.Step)) / BlockSize * BlockSize);
}
