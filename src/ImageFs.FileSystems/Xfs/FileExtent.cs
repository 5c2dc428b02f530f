using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>An extent of a fork (xfs_bmbt_rec).</summary>
/// <param name="FileBlock">Its first block in the fork.</param>
/// <param name="Block">The number of its first block on disk; of a real-time file, on the real-time device.</param>
/// <param name="Count">Number of blocks.</param>
/// <param name="IsUnwritten">Whether they were never written.</param>
internal readonly record struct FileExtent(long FileBlock, long Block, long Count, bool IsUnwritten)
{
    /// <summary>Bytes that it takes on disk.</summary>
    public const int Size = 16;

    /// <summary>The most blocks of one.</summary>
    public const long MaxCount = (1L << CountBits) - 1;

    private const int CountBits = 21;
    private const int OffsetShift = 9;
    private const ulong OffsetMask = (1UL << 54) - 1;
    private const ulong UpperMask = (1UL << OffsetShift) - 1;

    /// <summary>The block of the fork after it.</summary>
    public long End => FileBlock + Count;

    /// <summary>Its first block in the fork, of an extent on disk.</summary>
    public static long FileBlockOf(ReadOnlySpan<byte> bytes) => (long)((BinaryPrimitives.ReadUInt64BigEndian(bytes) >> OffsetShift) & OffsetMask);

    /// <summary>An extent as it is on disk: a bit, and numbers of 54, 52 and 21 bits.</summary>
    public static FileExtent Read(ReadOnlySpan<byte> bytes)
    {
        ulong upper = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        ulong lower = BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]);
        return new FileExtent(
            FileBlockOf(bytes),
            (long)(((upper & UpperMask) << (64 - CountBits)) | (lower >> CountBits)),
            (long)(lower & (ulong)MaxCount),
            upper >> 63 != 0);
    }

    /// <summary>Writes it as it is on disk.</summary>
    /// <param name="bytes">Takes it.</param>
    public void Write(Span<byte> bytes)
    {
        ulong upper = (IsUnwritten ? 1UL << 63 : 0) | ((ulong)FileBlock << OffsetShift) | ((ulong)Block >> (64 - CountBits));
        BinaryPrimitives.WriteUInt64BigEndian(bytes, upper);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], ((ulong)Block << CountBits) | (ulong)Count);
    }
}

/// <summary>The extents that are in an inode, or in a leaf of a tree.</summary>
/// <param name="bytes">A whole number of extents.</param>
internal readonly ref struct ExtentList(ReadOnlySpan<byte> bytes) : ISortedKeys
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Count => _bytes.Length / FileExtent.Size;

    public FileExtent this[int index] => FileExtent.Read(_bytes[(index * FileExtent.Size)..]);

    public long KeyAt(int index) => FileExtent.FileBlockOf(_bytes[(index * FileExtent.Size)..]);

    /// <summary>What is wrong with their order and sizes; null when nothing is.</summary>
    public string? FindProblem()
    {
        long end = 0;
        for (int i = 0; i < Count; i++)
        {
            FileExtent extent = this[i];
            if (extent.Count == 0 || extent.FileBlock < end || extent.End > ExtentTreeNode.MaxBlocks)
            {
                return $"extent {i} has {extent.Count} blocks from {extent.FileBlock} of the fork on, after those before {end}";
            }

            end = extent.End;
        }

        return null;
    }
}

/// <summary>The keys and pointers of a node of an extent tree above its leaves.</summary>
/// <param name="keys">The first block of the fork that each pointer is for.</param>
/// <param name="pointers">The numbers of the blocks below.</param>
/// <param name="count">How many there are.</param>
internal readonly ref struct ExtentTreeNode(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> pointers, int count) : ISortedKeys
{
    /// <summary>Blocks that a fork can have: BMBT_STARTOFF_MASK.</summary>
    public const long MaxBlocks = 1L << 54;

    /// <summary>The most levels of a tree, its root among them: XFS_BM_MAXLEVELS is less for any file system.</summary>
    public const int MaxLevels = 16;

    private readonly ReadOnlySpan<byte> _keys = keys;
    private readonly ReadOnlySpan<byte> _pointers = pointers;

    public int Count => count;

    public long KeyAt(int index) => BinaryPrimitives.ReadInt64BigEndian(_keys[(index * sizeof(long))..]);

    public long Pointer(int index) => BinaryPrimitives.ReadInt64BigEndian(_pointers[(index * sizeof(long))..]);

    /// <summary>What is wrong with the order of the keys; null when nothing is.</summary>
    public string? FindProblem()
    {
        for (int i = 0; i < Count; i++)
        {
            if (KeyAt(i) < 0 || (i > 0 && KeyAt(i) <= KeyAt(i - 1)))
            {
                return $"its key {i} is block {KeyAt(i)} of the fork";
            }
        }

        return Count == 0 ? "it has no entries" : null;
    }
}

/// <summary>A block of an extent tree (xfs_btree_block, with a long header).</summary>
/// <param name="bytes">The whole block.</param>
/// <param name="hasChecksums">Whether it is of version 5.</param>
internal readonly ref struct ExtentTreeBlock(ReadOnlySpan<byte> bytes, bool hasChecksums)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>bb_magic.</summary>
    public uint Magic => BinaryPrimitives.ReadUInt32BigEndian(_bytes);

    /// <summary>bb_level: 0 for a leaf.</summary>
    public int Level => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>bb_numrecs.</summary>
    public int Count => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>Entries that there is room for: those of both kinds take the same.</summary>
    public int MaxCount => Room.Length / FileExtent.Size;

    /// <summary>The extents of a leaf.</summary>
    public ExtentList Extents => new(Room[..(Count * FileExtent.Size)]);

    /// <summary>The entries of any other block.</summary>
    public ExtentTreeNode Node => new(Room, Room[(MaxCount * sizeof(long))..], Count);

    private ReadOnlySpan<byte> Room => _bytes[(hasChecksums ? 72 : 24)..];
}

/// <summary>Checks blocks of extent trees.</summary>
internal sealed class ExtentTreeCheck(Geometry geometry) : BlockCheck(geometry, "extent tree", TreeClause, HeaderLayout.LongTree)
{
    /// <summary>Where they are specified.</summary>
    public const string TreeClause = "xfs_bmbt_block";

    private const uint Magic = 0x424D4133;
    private const uint OldMagic = 0x424D4150;

    /// <inheritdoc/>
    protected override string? FindMagicProblem(ReadOnlySpan<byte> block)
    {
        uint magic = new ExtentTreeBlock(block, Geometry.HasChecksums).Magic;
        return magic == (Geometry.HasChecksums ? Magic : OldMagic) ? null : $"its magic number is 0x{magic:X8}";
    }

    /// <inheritdoc/>
    protected override string? FindProblem(ReadOnlySpan<byte> block)
    {
        var node = new ExtentTreeBlock(block, Geometry.HasChecksums);
        if (node.Count > node.MaxCount || node.Level >= ExtentTreeNode.MaxLevels)
        {
            return $"it has {node.Count} of {node.MaxCount} entries at level {node.Level}";
        }

        return node.Level == 0 ? node.Extents.FindProblem() : node.Node.FindProblem();
    }
}
