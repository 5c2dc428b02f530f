namespace ImageFs.Storage.Raid;

/// <summary>
/// Which members of a row have its parity. For Q, data is counted: from the member behind Q on and round, or, as DDF has it, each by the
/// number of its member, with P and Q counting as zeros.
/// </summary>
/// <param name="Count">Members of the row.</param>
/// <param name="P">The member with P.</param>
/// <param name="Q">The member with Q; -1 where there is none.</param>
/// <param name="CountsAll">Whether data counts as DDF has it.</param>
internal readonly record struct ParityMembers(int Count, int P, int Q, bool CountsAll)
{
    /// <summary>Pieces of data that are counted.</summary>
    public int DataCount => CountsAll ? Count : Count - (Q < 0 ? 1 : 2);

    // Data is counted from here on; without Q it does not matter.
    private int First => Q < 0 ? 0 : (Q + 1) % Count;

    private int DistanceOfP => (P - First + Count) % Count;

    /// <summary>The member that has a piece: data from 0 on, then P and Q; -1 where none has, and it counts as zeros.</summary>
    public int MemberOf(int piece)
    {
        if (piece >= DataCount)
        {
            return piece == DataCount ? P : Q;
        }

        if (CountsAll)
        {
            return piece == P || piece == Q ? -1 : piece;
        }

        return (First + piece + (piece >= DistanceOfP ? 1 : 0)) % Count;
    }

    /// <summary>The piece that a member has.</summary>
    public int PieceOf(int member)
    {
        if (member == P || member == Q)
        {
            return member == P ? DataCount : DataCount + 1;
        }

        int distance = (member - First + Count) % Count;
        return CountsAll ? member : distance > DistanceOfP ? distance - 1 : distance;
    }

    /// <summary>The member with a piece of data, counted from the first one on that has no parity.</summary>
    public int Skip(int number)
    {
        int low = Q < 0 ? P : Math.Min(P, Q);
        int high = Q < 0 ? Count : Math.Max(P, Q);
        int member = number >= low ? number + 1 : number;
        return member >= high ? member + 1 : member;
    }
}
