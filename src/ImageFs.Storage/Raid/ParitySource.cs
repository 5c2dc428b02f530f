using ImageFs.Storage.Parity;

namespace ImageFs.Storage.Raid;

/// <summary>An array of RAID 4, 5 or 6. What its member has is a piece there; what that lacks is put together from the rest of its row.</summary>
/// <param name="layout">Where bytes lie.</param>
/// <param name="members">The members, by their number.</param>
internal sealed class ParitySource(ParityLayout layout, IReadOnlyList<RaidMember> members) : PiecedSource, INamedLayer
{
    /// <inheritdoc/>
    public string LayerName => "array";

    // Of each member as much is held at once.
    private const int MaxPiece = 64 << 10;

    /// <inheritdoc/>
    public override long Length => layout.Length;

    /// <inheritdoc/>
    protected internal override bool HasOtherCopy(long offset) => true;

    /// <inheritdoc/>
    public OwnBytes OwnAt(long offset)
    {
        RaidPlace place = layout.PlaceOf(offset, out _);
        int lost = members.Count(member =>
        {
            long length = 1;
            return !member.Has(place.Address, ref length);
        });
        return lost <= layout.ParityCount ? OwnBytes.Rebuilt : OwnBytes.Missing;
    }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        RaidPlace place = layout.PlaceOf(offset, out _);
        RaidMember member = members[place.Member];
        long length = place.Length;
        return member.Has(place.Address, ref length) ? Piece.Mapped(member.Source!, place.Address, length) : Piece.Own(length);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            RaidPlace place = layout.PlaceOf(offset, out ParityMembers row);
            int length = Rebuild(offset, place, row, -1, destination[..(int)Math.Min(Math.Min(place.Length, destination.Length), MaxPiece)]);
            destination = destination[length..];
            offset += length;
        }
    }

    /// <inheritdoc/>
    protected internal override bool TryReadOtherCopy(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            RaidPlace place = layout.PlaceOf(offset, out ParityMembers row);
            int length = RebuildAround(offset, place, row, destination[..(int)Math.Min(Math.Min(place.Length, destination.Length), MaxPiece)]);
            if (length == 0)
            {
                return false;
            }

            destination = destination[length..];
            offset += length;
        }

        return true;
    }

    // Of RAID 6 another member may have failed, too: each is left out in turn.
    private int RebuildAround(long offset, RaidPlace place, ParityMembers row, Span<byte> bytes)
    {
        for (int suspect = -1; suspect < (layout.ParityCount > 1 ? members.Count : 0); suspect++)
        {
            try
            {
                if (suspect != place.Member)
                {
                    return Rebuild(offset, place, row, suspect, bytes);
                }
            }
            catch (Exception e) when (e is ImageException or Linux.LinuxException)
            {
                // The next.
            }
        }

        return 0;
    }

    // As far as the same members have their part of the row, without one that is not believed (-1: all are).
    private int Rebuild(long offset, RaidPlace place, ParityMembers row, int suspect, Span<byte> bytes)
    {
        long length = bytes.Length;
        int lost = suspect;
        for (int number = 0; number < members.Count; number++)
        {
            if (number != place.Member && number != suspect && !members[number].Has(place.Address, ref length))
            {
                if (lost >= 0 || layout.ParityCount == 1)
                {
                    RaidMember member = members[place.Member];
                    throw new TruncatedImageException(
                        $"the bytes at 0x{offset:X} of the array lie on {member.Name}, which {member.WhyNot(place.Address)}, and cannot be put together: {members[number].Name} {members[number].WhyNot(place.Address)} {RaidMember.Hint}");
                }

                lost = number;
            }
        }

        var reader = new ParityRowReader(members, row, place.Address);
        ParityRow.Rebuild(reader, row.DataCount, row.PieceOf(place.Member), lost < 0 ? -1 : row.PieceOf(lost), bytes[..(int)length]);
        return (int)length;
    }
}
