using System.Buffers.Binary;
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

    /// <param name="bytes">The whole descriptor and nothing behind it.</param>
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
        ushort crc = Crc16.Append(Crc16.Append(Crc16.Initial, uuid), number);
        return Crc16.Append(Crc16.Append(crc, _bytes[..ChecksumOffset]), _bytes[(ChecksumOffset + sizeof(ushort))..]);
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}
