using ImageFs.Storage.Parity;

namespace ImageFs.Storage.Raid;

/// <summary>Bytes of a row of an array with parity.</summary>
/// <param name="members">The array's members.</param>
/// <param name="row">Which of them have the parity.</param>
/// <param name="address">Where the bytes begin on each of them.</param>
internal readonly struct ParityRowReader(IReadOnlyList<RaidMember> members, ParityMembers row, long address) : IParityRow
{
    /// <inheritdoc/>
    public void Read(int member, Span<byte> bytes)
    {
        int number = row.MemberOf(member);
        if (number < 0)
        {
            bytes.Clear();
        }
        else
        {
            members[number].Source!.ReadAt(address, bytes);
        }
    }
}
