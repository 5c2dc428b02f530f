namespace ImageFs.Storage.Raid;

/// <summary>
/// RAID 0: chunks by turns on all members. Members may be of different lengths: what lies beyond the end of the shortest is a zone of its
/// own, of the others, and so on (strip zones of md/raid0).
/// </summary>
internal sealed class StripZones : IRaidLayout
{
    /// <summary>The layout whose chunks take turns by their number in the array, of kernels before 3.14.</summary>
    public const int Original = 1;

    /// <summary>The layout whose chunks take turns by their number in the zone, of later kernels.</summary>
    public const int Alternate = 2;

    private readonly long _chunk;
    private readonly bool _countsFromZone;
    private readonly long[] _ends;
    private readonly Zone[] _zones;

    /// <param name="lengths">Of each member the bytes that it has; what is no whole chunk is not used.</param>
    /// <param name="chunk">Bytes of a chunk.</param>
    /// <param name="layout">One of the two; where <see cref="DependsOnLayout"/> says so it matters.</param>
    /// <exception cref="OverflowException">Together they are longer than a file can be.</exception>
    public StripZones(IReadOnlyList<long> lengths, long chunk, int layout)
    {
        _chunk = chunk;
        _countsFromZone = layout == Alternate;
        _zones = [.. ZonesOf([.. lengths.Select(length => length / chunk * chunk)])];
        _ends = new long[_zones.Length];
        for (int i = 0; i < _zones.Length; i++)
        {
            Length += _zones[i].Length;
            _ends[i] = Length;
        }
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int Copies => 1;

    /// <summary>Whether both layouts are not the same: there is a second zone, of several members.</summary>
    public bool DependsOnLayout => _zones.Length > 1 && _zones[1].Members.Length > 1;

    /// <inheritdoc/>
    public RaidPlace PlaceOf(long offset, int copy)
    {
        int found = Array.BinarySearch(_ends, offset);
        int index = found < 0 ? ~found : found + 1;
        Zone zone = _zones[index];
        long inZone = offset - (_ends[index] - zone.Length);
        long turn = (_countsFromZone ? inZone : offset) / _chunk;
        long inChunk = offset % _chunk;
        return new RaidPlace(
            zone.Members[(int)(turn % zone.Members.Length)],
            zone.Start + (inZone / (_chunk * zone.Members.Length) * _chunk) + inChunk,
            _chunk - inChunk);
    }

    private static IEnumerable<Zone> ZonesOf(long[] lengths)
    {
        long start = 0;
        foreach (long end in lengths.Where(length => length > 0).Distinct().Order())
        {
            int[] members = [.. Enumerable.Range(0, lengths.Length).Where(member => lengths[member] >= end)];
            yield return new Zone(start, (end - start) * members.Length, members);
            start = end;
        }
    }

    // Start is where it begins on each of its members.
    private sealed record Zone(long Start, long Length, int[] Members);
}
