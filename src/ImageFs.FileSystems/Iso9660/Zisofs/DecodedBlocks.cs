namespace ImageFs.FileSystems.Iso9660.Zisofs;

/// <summary>
/// The decoded blocks of a volume that were read last: 16 MiB at the most, however many files are read. A block has one place it can
/// be in, and never changes, so that threads share them without a lock.
/// </summary>
internal sealed class DecodedBlocks
{
    // Of the largest blocks there are, 1 MiB each.
    private const int MaxBlocks = 16;

    private readonly Block?[] _slots = new Block?[MaxBlocks];

    /// <summary>A block that is kept; null when it is not.</summary>
    /// <param name="file">The file, by the address of its directory record.</param>
    /// <param name="number">The block's number in it.</param>
    public byte[]? Find(long file, long number)
    {
        Block? block = Volatile.Read(ref Slot(file, number));
        return block is not null && block.File == file && block.Number == number ? block.Bytes : null;
    }

    /// <summary>Keeps a block.</summary>
    public void Add(long file, long number, byte[] bytes) => Volatile.Write(ref Slot(file, number), new Block(file, number, bytes));

    private ref Block? Slot(long file, long number) => ref _slots[unchecked((uint)HashCode.Combine(file, number)) % MaxBlocks];

    private sealed record Block(long File, long Number, byte[] Bytes);
}
