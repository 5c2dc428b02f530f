using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>The header of a block of extended attributes (ext4: Extended Attributes).</summary>
internal readonly ref struct ExtendedAttributeBlock
{
    /// <summary>Bytes that it takes: the first entry is behind it.</summary>
    public const int Size = 32;

    /// <summary>h_magic, which the attributes in an inode have too.</summary>
    public const uint MagicNumber = 0xEA020000;

    private const int ChecksumOffset = 0x10;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole block.</param>
    public ExtendedAttributeBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>h_magic.</summary>
    public uint Magic => UInt32(0x0);

    /// <summary>h_blocks: 1.</summary>
    public uint Blocks => UInt32(0x8);

    /// <summary>h_checksum.</summary>
    public uint Checksum => UInt32(ChecksumOffset);

    /// <summary>What <see cref="Checksum"/> has to be.</summary>
    /// <param name="seed">The seed of the file system.</param>
    /// <param name="number">Number of the block.</param>
    public uint ActualChecksum(uint seed, long number) =>
        Crc32C.AppendWithout(Crc32C.Append(seed, (ulong)number), _bytes, ChecksumOffset, sizeof(uint));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}
