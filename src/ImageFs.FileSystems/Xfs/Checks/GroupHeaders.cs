using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>The headers of an allocation group, each in a sector, and the trees that they lead to.</summary>
internal sealed class GroupHeaders
{
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
        FreeSpace = new FreeSpaceHeader(Read(FreeSpaceHeader.Sector, "AGF", FreeSpaceHeader.Magic, groupAt: 8, HeaderLayout.FreeSpace));
        Inodes = new InodesHeader(Read(InodesHeader.Sector, "AGI", InodesHeader.Magic, groupAt: 8, HeaderLayout.Inodes));
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
        Require(FreeSpace.Length == length, "AGF", FreeSpaceHeader.Sector, $"the group has {FreeSpace.Length} blocks there, {length} by the super block");
        Require(Inodes.Length == length, "AGI", InodesHeader.Sector, $"the group has {Inodes.Length} blocks there, {length} by the super block");
        uint size = (uint)(_list.Length / sizeof(uint));
        FreeSpaceHeader header = FreeSpace;
        Require(
            header.FirstInList < size && header.LastInList < size && header.CountInList <= size, "AGF", FreeSpaceHeader.Sector,
            $"its list of {size} free blocks has {header.CountInList} of them from {header.FirstInList} to {header.LastInList}");
        uint counted = (header.LastInList + size - header.FirstInList + 1) % size;
        Require(
            counted == header.CountInList % size, "AGF", FreeSpaceHeader.Sector,
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
