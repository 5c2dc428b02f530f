namespace ImageFs.Storage.Raid;

/// <summary>How an array lies on its members: all that there is to know for reading it, besides the members.</summary>
/// <param name="Level">How its bytes are spread.</param>
/// <param name="MemberCount">Members that it should have.</param>
public sealed record RaidGeometry(RaidLevel Level, int MemberCount)
{
    /// <summary>Members that there may be at most: as many as a super block of md 1.x has room for.</summary>
    public const int MaxMembers = 1920;

    private const int SectorSize = 512;

    // Sectors are counted by 32 bits.
    private const long MaxChunk = (long)SectorSize << 32;

    /// <summary>
    /// The layout, by md's number: of RAID 5 and 6 a <see cref="ParityAlgorithm"/>, of RAID 10 what <see cref="Raid10Layout"/> makes, of RAID 0
    /// 1 for the original and 2 for the alternate one of several zones, 0 when it is not known.
    /// </summary>
    public int Layout { get; init; }

    /// <summary>Bytes of a chunk; of RAID 1 and linear it may be 0.</summary>
    public long ChunkLength { get; init; }

    /// <summary>Bytes that are used of each member; of RAID 0 and linear each member's own length counts.</summary>
    public long MemberLength { get; init; }

    /// <summary>How many members may be missing whichever they are.</summary>
    public int Redundancy => Level switch
    {
        RaidLevel.Raid1 => MemberCount - 1,
        RaidLevel.Raid4 or RaidLevel.Raid5 => 1,
        RaidLevel.Raid6 => 2,
        RaidLevel.Raid10 => ((Layout & 0xFF) * ((Layout >> 8) & 0xFF)) - 1,
        _ => 0,
    };

    /// <summary>Its layout in mdadm's words; empty when it has none to speak of.</summary>
    public string LayoutName => Level switch
    {
        RaidLevel.Raid5 or RaidLevel.Raid6 => NameOf((ParityAlgorithm)Layout),
        RaidLevel.Raid10 => MirroredStripes.NameOf(Layout),
        RaidLevel.Raid0 => Layout switch { StripZones.Original => "original", StripZones.Alternate => "alternate", _ => string.Empty },
        _ => string.Empty,
    };

    /// <summary>The number of a layout of RAID 10.</summary>
    /// <param name="near">Near copies.</param>
    /// <param name="far">Far copies.</param>
    /// <param name="isOffset">Whether far copies lie in the next row.</param>
    /// <param name="hasFarSets">Whether far copies stay in a set of as many members as there are copies (use_far_sets).</param>
    public static int Raid10Layout(int near, int far = 1, bool isOffset = false, bool hasFarSets = false) => MirroredStripes.Number(near, far, isOffset, hasFarSets);

    /// <summary>What is wrong with it, as the end of a sentence; null when nothing is. What has a problem cannot be opened.</summary>
    public string? FindProblem()
    {
        int fewest = Level switch { RaidLevel.Raid4 or RaidLevel.Raid5 => 2, RaidLevel.Raid6 => 4, _ => 1 };
        if (MemberCount < fewest || MemberCount > MaxMembers)
        {
            return $"{Level} of {MemberCount} members does not exist";
        }

        if (MemberLength < 0 || ChunkLength < 0 || MemberLength > long.MaxValue / MemberCount)
        {
            return $"its {MemberCount} members of {MemberLength} bytes are longer than a file can be";
        }

        bool hasChunks = Level is not (RaidLevel.Linear or RaidLevel.Raid1);
        if (hasChunks && (ChunkLength < SectorSize || ChunkLength % SectorSize != 0 || ChunkLength > MaxChunk))
        {
            return $"its chunks have {ChunkLength} bytes";
        }

        return Level switch
        {
            RaidLevel.Raid4 or RaidLevel.Raid5 or RaidLevel.Raid6 => ParityLayout.IsKnown(Level, Layout) ? null : $"{Level} has no layout {Layout}",
            RaidLevel.Raid10 => MirroredStripes.FindProblem(Layout, MemberCount),
            RaidLevel.Linear or RaidLevel.Raid0 or RaidLevel.Raid1 => null,
            _ => $"there is no RAID level {(int)Level}",
        };
    }

    /// <summary>Length of the array in bytes; 0 where it cannot be known, since a member is missing.</summary>
    /// <param name="members">The members, by their number.</param>
    /// <exception cref="OverflowException">It is longer than a file can be.</exception>
    public long LengthWith(IReadOnlyList<RaidMember> members) => Level switch
    {
        RaidLevel.Linear => members.Any(member => member.Source is null) ? 0 : members.Sum(LinearLength),
        RaidLevel.Raid0 => members.Any(member => member.Source is null) ? 0 : ZonesOf(members).Length,
        RaidLevel.Raid1 => MemberLength,
        RaidLevel.Raid10 => Stripes.Length,
        _ => Rows.Length,
    };

    /// <summary>Whether each byte is on a member that is there, or can be put together.</summary>
    /// <param name="members">The members, by their number.</param>
    public bool HasAll(IReadOnlyList<RaidMember> members)
    {
        int missing = members.Count(member => member.Source is null);
        if (Level != RaidLevel.Raid10)
        {
            return missing <= Redundancy;
        }

        // Copies lie in the same way again after as many chunks as there are members, of far sets too.
        MirroredStripes stripes = Stripes;
        return missing == 0 || Enumerable.Range(0, MemberCount).All(chunk =>
            chunk * ChunkLength >= stripes.Length
            || Enumerable.Range(0, stripes.Copies).Any(copy => members[stripes.PlaceOf(chunk * ChunkLength, copy).Member].Source is not null));
    }

    /// <summary>Opens the array. Where members are missing that it needs, what lies on them fails when it is read.</summary>
    /// <param name="members">The members, by their number; as many as <see cref="MemberCount"/>.</param>
    /// <exception cref="TruncatedImageException">A member of linear or RAID 0 is missing.</exception>
    /// <exception cref="UnsupportedFeatureException">It cannot be told which of two layouts it has.</exception>
    /// <exception cref="OverflowException">It is longer than a file can be.</exception>
    public BlockSource Open(IReadOnlyList<RaidMember> members)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(members.Count, MemberCount, nameof(members));
        if (Level is RaidLevel.Linear or RaidLevel.Raid0 && members.FirstOrDefault(member => member.Source is null) is { } missing)
        {
            throw new TruncatedImageException($"{missing.Name} {missing.WhyNot(0)}, and nothing else has what is on it {RaidMember.Hint}");
        }

        switch (Level)
        {
            case RaidLevel.Linear:
                return new ConcatenatedSource(members.Select(member => new BlockSlice(member.Source!, 0, LinearLength(member))));
            case RaidLevel.Raid0:
                StripZones zones = ZonesOf(members);
                return Layout is StripZones.Original or StripZones.Alternate || !zones.DependsOnLayout
                    ? new CopiedSource(zones, members)
                    : throw new UnsupportedFeatureException("RAID 0 of members of different lengths that does not say which of its two layouts it has (mdadm --assemble --update=layout-original or layout-alternate does)");
            case RaidLevel.Raid1:
                return new CopiedSource(new Mirror(MemberCount, MemberLength), members);
            case RaidLevel.Raid10:
                return new CopiedSource(Stripes, members);
            default:
                return new ParitySource(Rows, members);
        }
    }

    /// <summary>The rows of RAID 4, 5 or 6.</summary>
    internal ParityLayout Rows => new(Level, (ParityAlgorithm)Layout, MemberCount, ChunkLength, MemberLength);

    /// <summary>The stripes of RAID 10.</summary>
    internal MirroredStripes Stripes => new(Layout, MemberCount, ChunkLength, MemberLength);

    // Whole chunks only, where there are any.
    private long LinearLength(RaidMember member) => ChunkLength > 0 ? member.Length / ChunkLength * ChunkLength : member.Length;

    private StripZones ZonesOf(IReadOnlyList<RaidMember> members) => new([.. members.Select(member => member.Length)], ChunkLength, Layout);

    // mdadm's map of names, r5layout and r6layout.
    private static string NameOf(ParityAlgorithm algorithm) => algorithm switch
    {
        ParityAlgorithm.LeftAsymmetric => "left-asymmetric",
        ParityAlgorithm.RightAsymmetric => "right-asymmetric",
        ParityAlgorithm.LeftSymmetric => "left-symmetric",
        ParityAlgorithm.RightSymmetric => "right-symmetric",
        ParityAlgorithm.Parity0 => "parity-first",
        ParityAlgorithm.ParityN => "parity-last",
        ParityAlgorithm.RotatingZeroRestart => "ddf-zero-restart",
        ParityAlgorithm.RotatingNRestart => "ddf-N-restart",
        ParityAlgorithm.RotatingNContinue => "ddf-N-continue",
        ParityAlgorithm.LeftAsymmetric6 => "left-asymmetric-6",
        ParityAlgorithm.RightAsymmetric6 => "right-asymmetric-6",
        ParityAlgorithm.LeftSymmetric6 => "left-symmetric-6",
        ParityAlgorithm.RightSymmetric6 => "right-symmetric-6",
        ParityAlgorithm.Parity06 => "parity-first-6",
        _ => $"{(int)algorithm}",
    };
}
