using System.Buffers.Binary;
using ImageFs.FileSystems.Checksums;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>A block group descriptor (ext4: Block Group Descriptors): of 32 bytes, or 64 and more with 64bit.</summary>
internal readonly ref struct GroupDescriptor
{
    /// <summary>Bytes that it has at least.</summary>
    public const int MinSize = 32;

    private const int SizeWithHighHalves = 64;
    private const int ChecksumOffset = 0x1E;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole descriptor and nothing after it.</param>
    public GroupDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, MinSize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>bg_inode_table: its first block.</summary>
    public ulong InodeTable => UInt32(0x8) | (HasHighHalves ? (ulong)UInt32(0x28) << 32 : 0);

    /// <summary>bg_free_blocks_count, which counts clusters.</summary>
    public uint FreeClustersCount => UInt16(0xC) | (HasHighHalves ? (uint)UInt16(0x2C) << 16 : 0);

    /// <summary>bg_free_inodes_count.</summary>
    public uint FreeInodesCount => UInt16(0xE) | (HasHighHalves ? (uint)UInt16(0x2E) << 16 : 0);

    /// <summary>bg_checksum.</summary>
    public ushort Checksum => UInt16(ChecksumOffset);

    private bool HasHighHalves => _bytes.Length >= SizeWithHighHalves;

    /// <summary>What <see cref="Checksum"/> has to be with metadata_csum.</summary>
    /// <param name="seed">The seed of the file system.</param>
    /// <param name="group">Number of the group.</param>
    public ushort ActualCrc32C(uint seed, uint group) =>
        (ushort)(Crc32C.AppendWithout(Crc32C.Append(seed, group), _bytes, ChecksumOffset, sizeof(ushort)) & ushort.MaxValue);

    /// <summary>What <see cref="Checksum"/> has to be with uninit_bg.</summary>
    /// <param name="uuid">The UUID of the file system.</param>
    /// <param name="group">Number of the group.</param>
    public ushort ActualCrc16(ReadOnlySpan<byte> uuid, uint group)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(number, group);
        ushort crc = Crc16Modbus.Append(Crc16Modbus.Append(Crc16Modbus.Initial, uuid), number);
        return Crc16Modbus.Append(Crc16Modbus.Append(crc, _bytes[..ChecksumOffset]), _bytes[(ChecksumOffset + sizeof(ushort))..]);
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}

/// <summary>The table of group descriptors, in one piece or, with meta_bg, spread over the groups.</summary>
internal sealed class GroupDescriptors
{
    private const string Clause = "ext4: Block Group Descriptors";

    private readonly Geometry _geometry;
    private readonly MetadataBlocks _blocks;
    private readonly SuperBlockCopies _copies;
    private readonly byte[] _uuid;
    private readonly int _perBlock;
    private readonly long _superBlock;
    private readonly uint _firstMetaBg;

    /// <param name="superBlock">The super block.</param>
    /// <param name="superBlockAddress">Where it is, in bytes.</param>
    /// <param name="geometry">What it says.</param>
    /// <param name="blocks">The volume.</param>
    public GroupDescriptors(SuperBlock superBlock, long superBlockAddress, Geometry geometry, MetadataBlocks blocks)
    {
        _geometry = geometry;
        _blocks = blocks;
        _copies = new SuperBlockCopies(superBlock);
        _uuid = superBlock.Uuid.ToArray();
        _perBlock = geometry.BlockSize / geometry.DescriptorSize;
        _superBlock = superBlockAddress / geometry.BlockSize;
        _firstMetaBg = geometry.Incompatible.HasFlag(IncompatibleFeatures.MetaBg) ? superBlock.FirstMetaBg : uint.MaxValue;
    }

    /// <summary>The first block of a group's inode table.</summary>
    /// <exception cref="ImageException">The descriptor is damaged.</exception>
    public long FindInodeTable(uint group)
    {
        using var buffer = new PooledBuffer(_geometry.DescriptorSize);
        GroupDescriptor descriptor = Read(group, buffer.Span, out long address);
        if (!IsChecksumGood(descriptor, group))
        {
            throw new InvalidImageException("group descriptor", address, $"the checksum of group {group} is wrong", Clause);
        }

        uint blocks = (uint)(((long)_geometry.InodesPerGroup * _geometry.InodeSize + _geometry.BlockSize - 1) / _geometry.BlockSize);
        if (!_geometry.IsValid(descriptor.InodeTable, blocks))
        {
            throw new InvalidImageException(
                "group descriptor", address, $"the inode table of group {group} at block {descriptor.InodeTable} is out of range", Clause);
        }

        return (long)descriptor.InodeTable;
    }

    /// <summary>Free clusters and free inodes in all groups, as Linux counts them when it mounts.</summary>
    /// <exception cref="ImageException">The table cannot be read.</exception>
    public (ulong Clusters, ulong Inodes) CountFree()
    {
        ulong clusters = 0;
        ulong inodes = 0;
        using var buffer = new PooledBuffer(_geometry.DescriptorSize);
        for (uint group = 0; group < _geometry.GroupsCount; group++)
        {
            GroupDescriptor descriptor = Read(group, buffer.Span, out _);
            clusters += descriptor.FreeClustersCount;
            inodes += descriptor.FreeInodesCount;
        }

        return (clusters, inodes);
    }

    /// <summary>Blocks that super blocks, descriptors, bitmaps and inode tables take in all groups.</summary>
    public long CountOverhead()
    {
        const int Bitmaps = 2;
        long inodeTable = (long)_geometry.InodesPerGroup / (_geometry.BlockSize / _geometry.InodeSize);
        long total = _geometry.FirstDataBlock;
        for (uint group = 0; group < _geometry.GroupsCount; group++)
        {
            total += inodeTable + Bitmaps + CountCopies(group);
        }

        return total;
    }

    private long CountCopies(uint group)
    {
        bool hasSuperBlock = _copies.Contains(group);
        uint metaGroup = group / (uint)_perBlock;
        if (metaGroup >= _firstMetaBg)
        {
            // The first two groups of a meta group and the last one have its one block of descriptors.
            uint inMetaGroup = group % (uint)_perBlock;
            bool hasDescriptors = inMetaGroup <= 1 || inMetaGroup == _perBlock - 1;
            return (hasSuperBlock ? 1 : 0) + (hasDescriptors ? 1 : 0);
        }

        long descriptorBlocks = Math.Min((_geometry.GroupsCount + (long)_perBlock - 1) / _perBlock, _firstMetaBg);
        return hasSuperBlock ? 1 + descriptorBlocks + _copies.ReservedDescriptorBlocks : 0;
    }

    private GroupDescriptor Read(uint group, Span<byte> bytes, out long address)
    {
        (uint table, uint index) = Math.DivRem(group, (uint)_perBlock);
        long block = FindTable(table);
        if (block >= _geometry.BlocksCount)
        {
            throw new InvalidImageException("group descriptors", _geometry.AddressOf(block), "they lie beyond the last block", Clause);
        }

        int offset = (int)index * _geometry.DescriptorSize;
        address = _geometry.AddressOf(block) + offset;
        _blocks.Read(block, offset, bytes);
        return new GroupDescriptor(bytes);
    }

    private long FindTable(uint table)
    {
        if (table < _firstMetaBg)
        {
            return _superBlock + 1 + table;
        }

        uint group = (uint)(table * (long)_perBlock);
        long first = _geometry.FirstDataBlock + ((long)group * _geometry.BlocksPerGroup);

        // With blocks of 1 KiB the boot block is a block of its own, which bigalloc counts to the first group.
        bool skipsBootBlock = _geometry.BlockSize == SuperBlock.Address && table == 0 && _geometry.FirstDataBlock == 0;
        return first + (_copies.Contains(group) ? 1 : 0) + (skipsBootBlock ? 1 : 0);
    }

    private bool IsChecksumGood(GroupDescriptor descriptor, uint group)
    {
        if (_geometry.HasMetadataChecksums)
        {
            return descriptor.Checksum == descriptor.ActualCrc32C(_geometry.ChecksumSeed, group);
        }

        return !_geometry.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.GdtCsum)
            || descriptor.Checksum == descriptor.ActualCrc16(_uuid, group);
    }
}
