namespace ImageFs.Storage.Raid;

/// <summary>An array of RAID 0, 1 or 10: each byte is a piece of the first member that has a copy of it.</summary>
/// <param name="layout">Where copies lie.</param>
/// <param name="members">The members, by their number.</param>
internal sealed class CopiedSource(IRaidLayout layout, IReadOnlyList<RaidMember> members) : PiecedSource, INamedLayer
{
    /// <inheritdoc/>
    public string LayerName => "array";

    /// <inheritdoc/>
    public override long Length => layout.Length;

    /// <inheritdoc/>
    protected internal override bool HasOtherCopy(long offset) => layout.Copies > 1;

    /// <inheritdoc/>
    public OwnBytes OwnAt(long offset) => OwnBytes.Missing;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long length = layout.Length - offset;
        for (int copy = 0; copy < layout.Copies; copy++)
        {
            RaidPlace place = layout.PlaceOf(offset, copy);
            RaidMember member = members[place.Member];
            length = Math.Min(length, place.Length);
            if (member.Has(place.Address, ref length))
            {
                return Piece.Mapped(member.Source!, place.Address, length);
            }
        }

        // That they cannot be had is an error of whoever reads them.
        return Piece.Own(length);
    }

    /// <inheritdoc/>
    protected internal override bool TryReadOtherCopy(long offset, Span<byte> destination)
    {
        bool isFirst = true;
        for (int copy = 0; copy < layout.Copies; copy++)
        {
            RaidPlace place = layout.PlaceOf(offset, copy);
            long length = destination.Length;
            if (!members[place.Member].Has(place.Address, ref length))
            {
                continue;
            }

            // The first is the one that failed.
            if (!isFirst && length == destination.Length && place.Length >= length && members[place.Member].TryRead(place.Address, destination))
            {
                return true;
            }

            isFirst = false;
        }

        return false;
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        RaidPlace place = layout.PlaceOf(offset, 0);
        RaidMember member = members[place.Member];
        throw new TruncatedImageException(
            $"the bytes at 0x{offset:X} of the array lie on {member.Name}, which {member.WhyNot(place.Address)}{(layout.Copies > 1 ? ", and no other member has a copy" : string.Empty)} {RaidMember.Hint}");
    }
}
