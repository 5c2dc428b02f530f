using ImageFs.Storage;
using ImageFs.Storage.Parity;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>Bytes of a row of a chunk with parity.</summary>
/// <param name="chunk">The chunk.</param>
/// <param name="row">Which row of it.</param>
/// <param name="inRow">Where the bytes begin in each stripe of the row.</param>
internal readonly struct ChunkRow(Chunk chunk, long row, long inRow) : IParityRow
{
    /// <summary>Whether bytes can be put together.</summary>
    /// <param name="column">The column that they are in.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="areStaleLost">Whether devices that are stale count as lost.</param>
    public bool CanRebuild(int column, int length, bool areStaleLost) => TryFindLost(column, -1, length, areStaleLost, out _, out _);

    /// <summary>Puts bytes together without reading where they lie.</summary>
    /// <param name="column">The column that they are in.</param>
    /// <param name="suspect">A member that is not to be believed either; -1 for none.</param>
    /// <param name="bytes">Takes them.</param>
    /// <exception cref="TruncatedImageException">Too many devices are missing.</exception>
    /// <exception cref="Linux.LinuxException">A device failed.</exception>
    public void Rebuild(int column, int suspect, Span<byte> bytes)
    {
        if (!TryFindLost(column, suspect, bytes.Length, areStaleLost: true, out int lost, out _)
            && !TryFindLost(column, suspect, bytes.Length, areStaleLost: false, out lost, out MemberDevice? missing))
        {
            throw new TruncatedImageException($"{(missing ?? chunk.StripeOf(row, column).Device).Key} is missing, and what is left is too little to put its bytes together");
        }

        ParityRow.Rebuild(this, chunk.Columns, column, lost, bytes);
    }

    /// <inheritdoc/>
    public void Read(int member, Span<byte> bytes)
    {
        (MemberDevice device, long offset) = chunk.StripeOf(row, member);
        device.Source!.ReadAt(Place(offset), bytes);
    }

    private long Place(long offset) => offset + (row * Chunk.StripeLength) + inRow;

    // Another member that is lost: of RAID 6 there may be one.
    private bool TryFindLost(int column, int suspect, int length, bool areStaleLost, out int lost, out MemberDevice? missing)
    {
        lost = suspect;
        missing = null;
        for (int member = 0; member < chunk.Columns + chunk.ParityCount; member++)
        {
            (MemberDevice device, long offset) = chunk.StripeOf(row, member);
            if (member != column && member != lost && (device.BytesFrom(Place(offset)) < length || (areStaleLost && device.IsStale)))
            {
                missing = device;
                if (lost >= 0)
                {
                    return false;
                }

                lost = member;
            }
        }

        return lost < 0 || chunk.ParityCount > 1;
    }
}
