using ImageFs.Storage.Checking;
using ImageFs.Storage.Parity;

namespace ImageFs.Storage.Raid;

/// <summary>
/// Holds copies against each other, and parity against data, as Linux's md does when it is told to check (sync_action): sectors that differ are
/// counted in blocks of 4 KiB (mismatch_cnt).
/// </summary>
internal sealed class RaidComparison
{
    private const int BlockLength = 4096;
    private const int BlockSectors = BlockLength / 512;
    private const int MaxPiece = 64 << 10;

    private readonly RaidGeometry _geometry;
    private readonly IReadOnlyList<RaidMember> _members;
    private readonly CheckRun _run;
    private long _mismatches;
    private long _first = -1;
    private long _compared;

    private RaidComparison(RaidGeometry geometry, IReadOnlyList<RaidMember> members, CheckRun run)
    {
        _geometry = geometry;
        _members = members;
        _run = run;
    }

    /// <summary>The check of an array that has redundancy.</summary>
    /// <param name="geometry">How it lies.</param>
    /// <param name="members">Its members, by their number.</param>
    /// <param name="cleanLength">Bytes of each member from its start on whose copies and parity should be right.</param>
    public static Check Of(RaidGeometry geometry, IReadOnlyList<RaidMember> members, long cleanLength) =>
        new(geometry.Level is RaidLevel.Raid1 or RaidLevel.Raid10 ? "copies of the array" : "parity of the array", run => new RaidComparison(geometry, members, run).Run(cleanLength))
        {
            Length = members.Sum(member => member.Source is null ? 0 : Math.Min(member.Source.Length, geometry.MemberLength)),
        };

    private void Run(long cleanLength)
    {
        bool isCopied = _geometry.Level is RaidLevel.Raid1 or RaidLevel.Raid10;
        if (!isCopied && _members.FirstOrDefault(member => member.Source is null) is { } missing)
        {
            _run.GiveUp($"{missing.Name} {missing.WhyNot(0)}");
            return;
        }

        if (cleanLength <= 0)
        {
            _run.GiveUp("the array was not stopped cleanly: copies and parity may differ");
            return;
        }

        if (isCopied)
        {
            CompareCopies(_geometry.Level == RaidLevel.Raid1 ? new Mirror(_geometry.MemberCount, _geometry.MemberLength) : _geometry.Stripes, cleanLength);
        }
        else
        {
            CompareParity(_geometry.Rows, cleanLength);
        }

        _run.Extent = ByteSize.Text(_compared);
        if (_mismatches > 0)
        {
            _run.Find(isCopied ? "copies" : "parity", _first, $"{_mismatches} sectors differ, the first in this block of the {(isCopied ? "array" : "members")} (mismatch_cnt)");
        }
    }

    private void CompareCopies(IRaidLayout layout, long cleanLength)
    {
        if (_members.Count(member => member.Source is not null) < 2)
        {
            _run.GiveUp("there is one copy only");
            return;
        }

        using var firstBuffer = new PooledBuffer(MaxPiece);
        using var otherBuffer = new PooledBuffer(MaxPiece);
        for (long offset = 0; offset < layout.Length;)
        {
            long length = Math.Min(MaxPiece - (offset % BlockLength), layout.Length - offset);
            Span<byte> first = default;
            for (int copy = 0; copy < layout.Copies; copy++)
            {
                RaidPlace place = layout.PlaceOf(offset, copy);
                length = Math.Min(length, place.Length);
                if (place.Address >= cleanLength)
                {
                    continue;
                }

                length = Math.Min(length, cleanLength - place.Address);
                if (!_members[place.Member].Has(place.Address, ref length))
                {
                    continue;
                }

                Span<byte> bytes = (first.IsEmpty ? firstBuffer.Span : otherBuffer.Span)[..(int)length];
                Read(place.Member, place.Address, bytes);
                if (first.IsEmpty)
                {
                    first = bytes;
                }
                else
                {
                    Compare(first[..bytes.Length], bytes, offset);
                }
            }

            _compared += first.IsEmpty ? 0 : length;
            offset += length;
        }
    }

    private void CompareParity(ParityLayout layout, long cleanLength)
    {
        using var sumBuffer = new PooledBuffer(MaxPiece);
        using var parityBuffer = new PooledBuffer(MaxPiece);
        long end = Math.Min(layout.Rows * layout.Chunk, cleanLength);
        for (long address = 0; address < end;)
        {
            long length = Math.Min(Math.Min(MaxPiece, layout.Chunk - (address % layout.Chunk)), end - address);
            bool areThere = true;
            foreach (RaidMember member in _members)
            {
                areThere &= member.Has(address, ref length);
            }

            if (areThere)
            {
                ParityMembers row = layout.RowAt(address / layout.Chunk);
                var reader = new ParityRowReader(_members, row, address);
                for (int parity = 0; parity < layout.ParityCount; parity++)
                {
                    Span<byte> sum = sumBuffer.Span[..(int)length];
                    Span<byte> found = parityBuffer.Span[..(int)length];
                    ParityRow.Compute(reader, row.DataCount, parity, sum);
                    reader.Read(row.DataCount + parity, found);
                    Compare(sum, found, address);
                }

                _run.Advance(length * _members.Count);
                _compared += length * (_members.Count - layout.ParityCount);
            }

            address += length;
        }
    }

    private void Read(int member, long address, Span<byte> bytes)
    {
        _members[member].Source!.ReadAt(address, bytes);
        _run.Advance(bytes.Length);
    }

    private void Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, long address)
    {
        if (left.SequenceEqual(right))
        {
            return;
        }

        for (int at = 0; at < left.Length; at += BlockLength)
        {
            int length = Math.Min(BlockLength, left.Length - at);
            if (!left.Slice(at, length).SequenceEqual(right.Slice(at, length)))
            {
                _first = _first < 0 ? address + at : _first;
                _mismatches += BlockSectors;
            }
        }
    }
}
