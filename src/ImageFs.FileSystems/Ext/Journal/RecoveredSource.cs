using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>The volume with the copies in the log in the places of the blocks that they are for.</summary>
/// <param name="volume">The volume as it was left.</param>
/// <param name="log">The journal.</param>
/// <param name="copies">The copies; each is of a block of the volume, and lies on it.</param>
/// <param name="blockSize">Bytes in a block.</param>
internal sealed class RecoveredSource(BlockSource volume, JournalLog log, JournalCopies copies, int blockSize) : BlockSource
{
    // What an escaped copy must not begin with, and what the journal's super block does.
    private const int MagicNumberSize = sizeof(uint);

    /// <inheritdoc/>
    public override long Length => volume.Length;

    /// <inheritdoc/>
    public override long MapSize => copies.Count * 16L;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = volume;
        ulong block = (ulong)(offset / blockSize);
        int inBlock = (int)(offset % blockSize);
        int place = copies.Find(block);
        ulong next = place < copies.Count ? copies.Get(place, out _, out _, out _) : ulong.MaxValue;
        if (next != block)
        {
            long end = next == ulong.MaxValue ? Length : (long)next * blockSize;
            return Extent.Mapped(offset, Math.Min(maxLength, end - offset), offset);
        }

        copies.Get(place, out uint logBlock, out bool isEscaped, out _);
        return isEscaped && inBlock < MagicNumberSize
            ? Extent.Mapped(offset, Math.Min(maxLength, MagicNumberSize - inBlock), log.AddressOf(0) + inBlock)
            : Extent.Mapped(offset, Math.Min(maxLength, blockSize - inBlock), log.AddressOf(logBlock) + inBlock);
    }
}
