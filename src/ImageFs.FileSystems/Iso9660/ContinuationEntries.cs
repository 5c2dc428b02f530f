namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// A continuation area, read once: its bytes, and where the entries are that say something. Many records can have one area, and an area
/// can have hundreds of entries that no reader knows, or that only repeat what was said.
/// </summary>
internal sealed class ContinuationEntries
{
    private readonly byte[] _area;
    private readonly ushort[] _places;

    private ContinuationEntries(byte[] area, ushort[] places, bool isBroken)
    {
        _area = area;
        _places = places;
        IsBroken = isBroken;
    }

    /// <summary>Bytes of the area.</summary>
    public int Length => _area.Length;

    /// <summary>Entries that say something.</summary>
    public int Count => _places.Length;

    /// <summary>Whether an entry of impossible length stands behind them.</summary>
    public bool IsBroken { get; }

    /// <summary>Takes an area apart.</summary>
    /// <param name="area">All of it; it is kept.</param>
    public static ContinuationEntries Read(byte[] area)
    {
        var places = new List<ushort>();
        bool isBroken = false;
        for (int at = 0; SystemUseEntry.Fits(area.Length - at);)
        {
            int length = area[at + 2];
            if (length < SystemUseEntry.HeaderLength || length > area.Length - at)
            {
                isBroken = true;
                break;
            }

            ReadOnlySpan<byte> entry = area.AsSpan(at, length);
            if (SystemUseSignature.IsKnown(SystemUseEntry.ToSignature(entry)) && !(places.Count > 0 && Repeats(entry, Entry(area, places[^1]))))
            {
                places.Add((ushort)at);
            }

            at = SystemUseEntry.ToSignature(entry) == SystemUseSignature.ST ? area.Length : at + length;
        }

        return new ContinuationEntries(area, [.. places], isBroken);
    }

    /// <summary>The bytes of an entry.</summary>
    /// <param name="index">Which: below <see cref="Count"/>.</param>
    /// <param name="offset">Where it is in the area.</param>
    public ReadOnlySpan<byte> At(int index, out int offset)
    {
        offset = _places[index];
        return Entry(_area, offset);
    }

    private static ReadOnlySpan<byte> Entry(byte[] area, int place) => area.AsSpan(place, area[place + 2]);

    // Of entries given twice the last counts; but parts of a name or a target are put together, and of these only an empty part says nothing.
    private static bool Repeats(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> before) => entry.SequenceEqual(before)
        && (SystemUseEntry.ToSignature(entry) is not (SystemUseSignature.NM or SystemUseSignature.SL) || entry.Length == SystemUseEntry.HeaderLength + 1);
}
