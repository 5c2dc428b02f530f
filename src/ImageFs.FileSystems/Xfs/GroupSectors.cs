using System.Buffers.Binary;

namespace ImageFs.FileSystems.Xfs;

/// <summary>What an allocation group says of its free space (xfs_agf).</summary>
/// <param name="bytes">Its sector.</param>
internal readonly struct FreeSpaceHeader(byte[] bytes)
{
    /// <summary>agf_magicnum: "XAGF".</summary>
    public const uint Magic = 0x58414746;

    /// <summary>Its sector in the group.</summary>
    public const int Sector = 1;

    /// <summary>Blocks of the group (agf_length).</summary>
    public uint Length => Number(12);

    /// <summary>Place of the first entry of the free list that is used (agf_flfirst).</summary>
    public uint FirstInList => Number(40);

    /// <summary>Place of the last one (agf_fllast).</summary>
    public uint LastInList => Number(44);

    /// <summary>How many are used (agf_flcount).</summary>
    public uint CountInList => Number(48);

    /// <summary>Free blocks (agf_freeblks).</summary>
    public uint FreeBlocks => Number(52);

    /// <summary>Blocks of the longest free extent (agf_longest).</summary>
    public uint Longest => Number(56);

    /// <summary>Blocks of the trees that are not in a header's count of its own, but for roots (agf_btreeblks).</summary>
    public uint TreeBlocks => Number(60);

    /// <summary>Blocks of the tree of reverse mappings (agf_rmap_blocks).</summary>
    public uint ReverseMapBlocks => Number(80);

    /// <summary>Blocks of the tree of shared extents (agf_refcount_blocks).</summary>
    public uint SharedExtentsBlocks => Number(84);

    /// <summary>Root and levels of a tree.</summary>
    public (uint Root, uint Levels) this[GroupTreeKind kind] =>
        kind == GroupTreeKind.FreeByBlock ? (Number(16), Number(28))
        : kind == GroupTreeKind.FreeBySize ? (Number(20), Number(32))
        : kind == GroupTreeKind.ReverseMap ? (Number(24), Number(36))
        : (Number(88), Number(92));

    private uint Number(int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));
}

/// <summary>What an allocation group says of its inodes (xfs_agi).</summary>
/// <param name="bytes">Its sector.</param>
internal readonly struct InodesHeader(byte[] bytes)
{
    /// <summary>agi_magicnum: "XAGI".</summary>
    public const uint Magic = 0x58414749;

    /// <summary>Its sector in the group.</summary>
    public const int Sector = 2;

    /// <summary>Lists of inodes that no directory leads to any more.</summary>
    public const int UnlinkedLists = 64;

    /// <summary>The end of such a list.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>Blocks of the group (agi_length).</summary>
    public uint Length => Number(12);

    /// <summary>Inodes, used and free (agi_count).</summary>
    public uint Count => Number(16);

    /// <summary>Free inodes (agi_freecount).</summary>
    public uint FreeCount => Number(28);

    /// <summary>Blocks of the tree of inodes, where they are counted (agi_iblocks).</summary>
    public uint InodesBlocks => Number(336);

    /// <summary>Blocks of the tree of chunks with free inodes (agi_fblocks).</summary>
    public uint FreeInodesBlocks => Number(340);

    /// <summary>Root and levels of a tree.</summary>
    public (uint Root, uint Levels) this[GroupTreeKind kind] => kind == GroupTreeKind.Inodes ? (Number(20), Number(24)) : (Number(328), Number(332));

    /// <summary>The first inode of a list of those that no directory leads to (agi_unlinked).</summary>
    public uint Unlinked(int list) => Number(40 + (list * sizeof(uint)));

    private uint Number(int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));
}
