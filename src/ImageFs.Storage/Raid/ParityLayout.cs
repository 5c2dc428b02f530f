namespace ImageFs.Storage.Raid;

/// <summary>RAID 4, 5 and 6: rows of chunks, one of each member, of which one or two are parity.</summary>
/// <param name="level">One of the three.</param>
/// <param name="algorithm">Which members have the parity, and in which order data is on the others; of RAID 4 it means nothing.</param>
/// <param name="members">How many there are.</param>
/// <param name="chunk">Bytes of a chunk.</param>
/// <param name="memberLength">Bytes of each member.</param>
internal sealed class ParityLayout(RaidLevel level, ParityAlgorithm algorithm, int members, long chunk, long memberLength)
{
    // RAID 4 is how RAID 5 may lie, too.
    private readonly ParityAlgorithm _algorithm = level == RaidLevel.Raid4 ? ParityAlgorithm.ParityN : algorithm;

    /// <summary>Members of a row that have parity.</summary>
    public int ParityCount { get; } = level == RaidLevel.Raid6 ? 2 : 1;

    /// <summary>Length of the array in bytes.</summary>
    public long Length { get; } = memberLength / chunk * chunk * (members - (level == RaidLevel.Raid6 ? 2 : 1));

    /// <summary>Rows.</summary>
    public long Rows => memberLength / chunk;

    /// <summary>Bytes of a chunk.</summary>
    public long Chunk => chunk;

    /// <summary>Whether RAID 4, 5 or 6 may have an algorithm.</summary>
    public static bool IsKnown(RaidLevel level, int algorithm) => level switch
    {
        RaidLevel.Raid4 => true,
        RaidLevel.Raid5 => algorithm is >= 0 and <= (int)ParityAlgorithm.ParityN,
        _ => Enum.IsDefined((ParityAlgorithm)algorithm),
    };

    /// <summary>Where the bytes from an offset on lie, and the row that they are in.</summary>
    public RaidPlace PlaceOf(long offset, out ParityMembers row)
    {
        long number = offset / chunk;
        long inChunk = offset % chunk;
        long stripe = number / (members - ParityCount);
        row = RowAt(stripe);
        return new RaidPlace(MemberOf(row, (int)(number % (members - ParityCount))), (stripe * chunk) + inChunk, chunk - inChunk);
    }

    /// <summary>Which members of a row have parity (raid5_compute_sector).</summary>
    public ParityMembers RowAt(long stripe) => ParityCount == 1 ? new ParityMembers(members, PlaceOfOne(stripe, members), -1, false) : RowOfTwo(stripe);

    private ParityMembers RowOfTwo(long stripe)
    {
        int last = members - 1;
        switch (_algorithm)
        {
            case ParityAlgorithm.Parity0 or ParityAlgorithm.ParityN:
                int first = _algorithm == ParityAlgorithm.Parity0 ? 0 : members - 2;
                return new ParityMembers(members, first, first + 1, false);
            case ParityAlgorithm.LeftAsymmetric6 or ParityAlgorithm.RightAsymmetric6 or ParityAlgorithm.LeftSymmetric6 or ParityAlgorithm.RightSymmetric6 or ParityAlgorithm.Parity06:
                return new ParityMembers(members, PlaceOfOne(stripe, last), last, false);
            case ParityAlgorithm.RotatingNContinue:
                int p = PlaceOfOne(stripe, members);
                return new ParityMembers(members, p, (p + last) % members, true);
            case ParityAlgorithm.RotatingZeroRestart or ParityAlgorithm.RotatingNRestart:
                p = PlaceOfOne(_algorithm == ParityAlgorithm.RotatingNRestart ? stripe + 1 : stripe, members);
                return new ParityMembers(members, p, (p + 1) % members, true);
            default:
                p = PlaceOfOne(stripe, members);
                return new ParityMembers(members, p, (p + 1) % members, false);
        }
    }

    // Among so many members, which take turns.
    private int PlaceOfOne(long stripe, int count) => _algorithm switch
    {
        ParityAlgorithm.Parity0 or ParityAlgorithm.Parity06 => 0,
        ParityAlgorithm.ParityN => count - 1,
        ParityAlgorithm.RightAsymmetric or ParityAlgorithm.RightSymmetric or ParityAlgorithm.RightAsymmetric6 or ParityAlgorithm.RightSymmetric6
            or ParityAlgorithm.RotatingZeroRestart => (int)(stripe % count),
        _ => count - 1 - (int)(stripe % count),
    };

    // Where data is the chunk with a number in its row.
    private int MemberOf(ParityMembers row, int number) => _algorithm switch
    {
        ParityAlgorithm.LeftSymmetric or ParityAlgorithm.RightSymmetric => (row.P + ParityCount + number) % members,
        ParityAlgorithm.RotatingNContinue => (row.P + 1 + number) % members,
        ParityAlgorithm.LeftSymmetric6 or ParityAlgorithm.RightSymmetric6 => (row.P + 1 + number) % (members - 1),
        _ => row.Skip(number),
    };
}
