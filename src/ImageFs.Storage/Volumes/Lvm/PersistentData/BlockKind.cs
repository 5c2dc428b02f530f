using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>
/// A kind of block of device-mapper's persistent data (drivers/md/persistent-data): each begins with a checksum, has its own number, and a value of
/// its kind that the checksum is combined with, so that no block is taken for one of another kind or another place.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="salt">What the checksum is combined with (CSUM_XOR).</param>
/// <param name="numberOffset">Where it has its own number.</param>
internal class BlockKind(string name, uint salt, int numberOffset = 8)
{
    private const string Clause = "persistent-data: block validators";

    /// <summary>A bitmap of a space map (struct disk_bitmap_header).</summary>
    public static BlockKind Bitmap { get; } = new("space map bitmap", 240779);

    /// <summary>The index of the metadata's own space map (struct disk_metadata_index).</summary>
    public static BlockKind BitmapIndex { get; } = new("space map index", 160478);

    /// <summary>A node of a B-tree (struct btree_node).</summary>
    public static BlockKind Node { get; } = new NodeKind();

    /// <summary>A block of an array (struct array_block).</summary>
    public static BlockKind Array { get; } = new("array block", 595846735, numberOffset: 16);

    /// <summary>What it is called.</summary>
    public string Name => name;

    /// <summary>The checksum that a block of this kind must have.</summary>
    public uint ChecksumOf(ReadOnlySpan<byte> block) => Crc32C.Append(Crc32C.Initial, block[sizeof(uint)..]) ^ salt;

    /// <summary>Looks at a block that was read.</summary>
    /// <param name="structure">What the metadata is called.</param>
    /// <param name="number">The number that it was read by.</param>
    /// <param name="block">The block.</param>
    /// <exception cref="InvalidImageException">It is not the block, or damaged.</exception>
    public void Check(string structure, long number, ReadOnlySpan<byte> block)
    {
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(block);
        uint counted = ChecksumOf(block);
        if (stored != counted)
        {
            throw Invalid(structure, number, $"its checksum is 0x{counted:x8}, and it says 0x{stored:x8}");
        }

        long own = BinaryPrimitives.ReadInt64LittleEndian(block[numberOffset..]);
        if (own != number)
        {
            throw Invalid(structure, number, $"it is block {number}, and says that it is {own}");
        }

        if (FindProblem(block) is { } problem)
        {
            throw Invalid(structure, number, problem);
        }
    }

    /// <summary>What is wrong with the contents of a block; null when nothing is.</summary>
    protected virtual string? FindProblem(ReadOnlySpan<byte> block) => null;

    private InvalidImageException Invalid(string structure, long number, string problem) =>
        new($"{structure} {name}", MetadataBlocks.AddressOf(number), problem, Clause);

    private sealed class NodeKind() : BlockKind("B-tree node", 121107)
    {
        protected override string? FindProblem(ReadOnlySpan<byte> block) => new BTreeNode(block).FindProblem();
    }
}
