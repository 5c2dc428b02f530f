namespace ImageFs.Storage.Raid;

/// <summary>
/// RAID 10 as md has it: chunks by turns, each on several members. Near copies lie beside each other; far copies lie further down on the
/// members, or in the next row (offset), moved on by as many members (md(4), "RAID10").
/// </summary>
internal sealed class MirroredStripes : IRaidLayout
{
    private const int OffsetBit = 1 << 16;
    private const int SetsShift = 17;

    private readonly long _chunk;
    private readonly int _members;
    private readonly int _near;
    private readonly int _far;
    private readonly bool _isOffset;
    private readonly int _setSize;
    private readonly long _stride;

    /// <param name="layout">The number of the layout, one that <see cref="FindProblem"/> knows nothing against.</param>
    /// <param name="members">How many there are.</param>
    /// <param name="chunk">Bytes of a chunk.</param>
    /// <param name="memberLength">Bytes of each member.</param>
    /// <exception cref="OverflowException">Together they are longer than a file can be.</exception>
    public MirroredStripes(int layout, int members, long chunk, long memberLength)
    {
        _chunk = chunk;
        _members = members;
        _near = NearOf(layout);
        _far = FarOf(layout);
        _isOffset = (layout & OffsetBit) != 0;
        _setSize = SetSizeOf(layout, members);
        long chunks = memberLength / chunk / _far * members / _near;
        Length = chunks * chunk;
        long used = ((chunks * _near * _far) + members - 1) / members;
        _stride = _isOffset ? chunk : used / _far * chunk;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int Copies => _near * _far;

    /// <summary>The number of a layout.</summary>
    /// <param name="near">Near copies.</param>
    /// <param name="far">Far copies; both together at most as many as members.</param>
    /// <param name="isOffset">Whether far copies lie in the next row.</param>
    /// <param name="hasFarSets">Whether far copies stay in a set of as many members as there are copies (use_far_sets).</param>
    public static int Number(int near, int far = 1, bool isOffset = false, bool hasFarSets = false) =>
        near | (far << 8) | (isOffset ? OffsetBit : 0) | (hasFarSets ? 2 << SetsShift : 0);

    /// <summary>What is wrong with the number of a layout; null when nothing is.</summary>
    public static string? FindProblem(int layout, int members)
    {
        int near = NearOf(layout);
        int far = FarOf(layout);
        return near < 1 || far < 1 || near * far > members || layout >> SetsShift is < 0 or > 2 || SetSizeOf(layout, members) < 1
            ? $"RAID 10 of {members} members has no layout 0x{layout:X}"
            : null;
    }

    /// <summary>The layout in mdadm's words: "near=2", "far=2", "offset=2".</summary>
    public static string NameOf(int layout)
    {
        int far = FarOf(layout);
        string name = far == 1 ? $"near={NearOf(layout)}" : $"{((layout & OffsetBit) != 0 ? "offset" : "far")}={far}";
        return far > 1 && NearOf(layout) > 1 ? $"near={NearOf(layout)}, {name}" : name;
    }

    /// <inheritdoc/>
    public RaidPlace PlaceOf(long offset, int copy)
    {
        long first = offset / _chunk * _near;
        long inChunk = offset % _chunk;
        int member = (int)(first % _members) + (copy / _far);
        long address = (first / _members * (_isOffset ? _far : 1) * _chunk) + inChunk;
        if (member >= _members)
        {
            member -= _members;
            address += _chunk;
        }

        for (int far = copy % _far; far > 0; far--)
        {
            member = NextInSet(member);
            address += _stride;
        }

        return new RaidPlace(member, address, _chunk - inChunk);
    }

    // The last set has those too that make no set of their own.
    private int NextInSet(int member)
    {
        int next = member + _near;
        int lastStart = ((_members / _setSize) - 1) * _setSize;
        if (_members % _setSize != 0 && next > lastStart)
        {
            return ((next - lastStart) % (_setSize + (_members % _setSize))) + lastStart;
        }

        return (next % _setSize) + (member / _setSize * _setSize);
    }

    private static int NearOf(int layout) => layout & 0xFF;

    private static int FarOf(int layout) => (layout >> 8) & 0xFF;

    // 1 is how the improved layout was first, by mistake; 2 is as it was meant.
    private static int SetSizeOf(int layout, int members) => (layout >> SetsShift) switch
    {
        0 => members,
        1 => members / Math.Max(FarOf(layout), 1),
        _ => FarOf(layout) * NearOf(layout),
    };
}
