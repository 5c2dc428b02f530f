using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>What an allocation group says of its free space (xfs_agf).</summary>
/// <param name="bytes">Its sector.</param>
internal readonly struct FreeSpaceHeader(byte[] bytes)
{
    public const uint Magic = 0x58414746;

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
    public const uint Magic = 0x58414749;

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

/// <summary>The headers of an allocation group, each in a sector, and the trees that they lead to.</summary>
internal sealed class GroupHeaders
{
    private const int FreeSpaceSector = 1;
    private const int InodesSector = 2;
    private const int ListSector = 3;
    private const uint ListMagic = 0x5841464C;
    private const int CheckedListHeader = 36;

    private readonly XfsVolume _volume;
    private readonly uint _group;
    private readonly byte[] _list;

    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidImageException">One is damaged.</exception>
    public GroupHeaders(XfsVolume volume, uint group)
    {
        _volume = volume;
        _group = group;
        FreeSpace = new FreeSpaceHeader(Read(FreeSpaceSector, "AGF", FreeSpaceHeader.Magic, groupAt: 8, HeaderLayout.FreeSpace));
        Inodes = new InodesHeader(Read(InodesSector, "AGI", InodesHeader.Magic, groupAt: 8, HeaderLayout.Inodes));
        _list = _volume.Geometry.HasChecksums
            ? Read(ListSector, "AGFL", ListMagic, groupAt: 4, HeaderLayout.FreeList)[CheckedListHeader..]
            : ReadSector(ListSector);
        CheckHeaders();
    }

    /// <summary>The header of free space.</summary>
    public FreeSpaceHeader FreeSpace { get; }

    /// <summary>The header of inodes.</summary>
    public InodesHeader Inodes { get; }

    /// <summary>Blocks that are kept for the trees of free space (AGFL).</summary>
    public IEnumerable<uint> FreeList
    {
        get
        {
            int size = _list.Length / sizeof(uint);
            for (int i = 0; i < FreeSpace.CountInList; i++)
            {
                int place = (int)((FreeSpace.FirstInList + (uint)i) % (uint)size);
                yield return BinaryPrimitives.ReadUInt32BigEndian(_list.AsSpan(place * sizeof(uint)));
            }
        }
    }

    /// <summary>Goes through a tree.</summary>
    /// <returns>Its blocks; 0 when this volume has none of the kind.</returns>
    /// <exception cref="InvalidImageException">It is damaged where the walk has come to.</exception>
    public uint Walk(GroupTreeKind kind, Action<uint>? takeBlock, GroupTree.RecordTaker takeRecord)
    {
        bool isThere = kind == GroupTreeKind.FreeInodes ? _volume.Geometry.HasFreeInodeTree
            : kind == GroupTreeKind.ReverseMap ? _volume.Geometry.HasReverseMap
            : kind != GroupTreeKind.SharedExtents || _volume.Geometry.HasSharedExtents;
        if (!isThere)
        {
            return 0;
        }

        (uint root, uint levels) = kind == GroupTreeKind.Inodes || kind == GroupTreeKind.FreeInodes ? Inodes[kind] : FreeSpace[kind];
        var tree = new GroupTree(_volume, _group, kind);
        tree.Walk(root, levels, takeBlock, takeRecord);
        return tree.Blocks;
    }

    private byte[] Read(int sector, string name, uint magic, int groupAt, HeaderLayout layout)
    {
        byte[] bytes = ReadSector(sector);
        long address = AddressOf(sector);
        uint found = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        Require(found == magic, name, sector, $"its signature is 0x{found:X8}");
        if (_volume.Geometry.HasChecksums)
        {
            _volume.CheckHeader(bytes, layout, address, NameOf(name), $"xfs_{name.ToLowerInvariant()}");
        }

        uint group = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(groupAt));
        Require(group == _group, name, sector, $"it is of group {group}");
        return bytes;
    }

    private void CheckHeaders()
    {
        uint length = (uint)_volume.Geometry.BlocksOfGroup(_group);
        Require(FreeSpace.Length == length, "AGF", FreeSpaceSector, $"the group has {FreeSpace.Length} blocks there, {length} by the super block");
        Require(Inodes.Length == length, "AGI", InodesSector, $"the group has {Inodes.Length} blocks there, {length} by the super block");
        uint size = (uint)(_list.Length / sizeof(uint));
        FreeSpaceHeader header = FreeSpace;
        Require(
            header.FirstInList < size && header.LastInList < size && header.CountInList <= size, "AGF", FreeSpaceSector,
            $"its list of {size} free blocks has {header.CountInList} of them from {header.FirstInList} to {header.LastInList}");
        uint counted = (header.LastInList + size - header.FirstInList + 1) % size;
        Require(
            counted == header.CountInList % size, "AGF", FreeSpaceSector,
            $"{header.CountInList} blocks of its free list are not those from {header.FirstInList} to {header.LastInList}");
        foreach (uint block in FreeList)
        {
            Require(block < length, "AGFL", ListSector, $"it has block {block} of a group of {length}");
        }
    }

    private byte[] ReadSector(int sector)
    {
        byte[] bytes = new byte[_volume.Geometry.SectorSize];
        _volume.Source.ReadAt(AddressOf(sector), bytes);
        return bytes;
    }

    private long AddressOf(int sector) => _volume.Geometry.AddressOfGroup(_group) + (sector * (long)_volume.Geometry.SectorSize);

    private string NameOf(string name) => $"{name} of group {_group}";

    private void Require(bool condition, string name, int sector, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException(NameOf(name), AddressOf(sector), problem, $"xfs_{name.ToLowerInvariant()}");
        }
    }
}
