using System.Buffers.Binary;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>Whose blocks of an allocation group are (xfs_rmap_rec).</summary>
/// <param name="Start">The first block in the group.</param>
/// <param name="Count">How many.</param>
/// <param name="Owner">The inode, or what of the file system: one of the constants.</param>
/// <param name="Key">rm_offset: the block of the file that the first one is, with flags.</param>
internal readonly record struct ReverseMapping(uint Start, uint Count, long Owner, ulong Key)
{
    /// <summary>Headers of the group.</summary>
    public const long OfHeaders = -3;

    /// <summary>The log.</summary>
    public const long OfLog = -4;

    /// <summary>The trees of free space and of reverse mappings, and the blocks kept for them.</summary>
    public const long OfFreeSpace = -5;

    /// <summary>The trees of inodes.</summary>
    public const long OfInodeTrees = -6;

    /// <summary>Inodes.</summary>
    public const long OfInodes = -7;

    /// <summary>The tree of shared extents.</summary>
    public const long OfSharedExtents = -8;

    /// <summary>What was allocated to be written instead of shared blocks, and is no file's yet.</summary>
    public const long OfStaging = -9;

    /// <summary>The flag of extended attributes (XFS_RMAP_OFF_ATTR_FORK).</summary>
    public const ulong IsAttributes = 1UL << 63;

    /// <summary>The flag of blocks of a map of extents (XFS_RMAP_OFF_BMBT_BLOCK).</summary>
    public const ulong IsTree = 1UL << 62;

    /// <summary>The flag of blocks that are not written (XFS_RMAP_OFF_UNWRITTEN).</summary>
    public const ulong IsUnwritten = 1UL << 61;

    /// <summary>The owner as the trees compare it.</summary>
    public ulong OwnerBits => unchecked((ulong)Owner);

    /// <summary>Whether each block is another one of the file.</summary>
    public bool HasOffsets => Owner >= 0 && (Key & IsTree) == 0;

    /// <summary>Reads a record.</summary>
    public static ReverseMapping Read(ReadOnlySpan<byte> record) => new(
        BinaryPrimitives.ReadUInt32BigEndian(record), BinaryPrimitives.ReadUInt32BigEndian(record[4..]),
        BinaryPrimitives.ReadInt64BigEndian(record[8..]), BinaryPrimitives.ReadUInt64BigEndian(record[16..]));
}
