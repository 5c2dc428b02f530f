using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The header of a sparse extent; all numbers are little-endian and in sectors (VMDK: Hosted Sparse Extent Header).</summary>
internal readonly ref struct SparseHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 512;

    /// <summary>Of the grain directory: it is where the footer, a second header at the end, says.</summary>
    public const ulong AtEnd = ulong.MaxValue;

    private readonly ReadOnlySpan<byte> _bytes;

    public SparseHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public bool HasMagic => _bytes.StartsWith("KDMV"u8);

    public uint Version => UInt32(4);

    /// <summary>Whether an entry of 1 is a grain of zeros.</summary>
    public bool HasZeroGrains => (Flags & 4) != 0;

    public bool IsCompressed => (Flags & 0x10000) != 0;

    /// <summary>Sectors of the disk.</summary>
    public ulong Capacity => UInt64(12);

    public ulong GrainSize => UInt64(20);

    public ulong DescriptorOffset => UInt64(28);

    public ulong DescriptorSize => UInt64(36);

    public uint EntriesInTable => UInt32(44);

    public ulong DirectoryOffset => UInt64(56);

    /// <summary>0 none, 1 deflate.</summary>
    public ushort CompressAlgorithm => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[77..]);

    private uint Flags => UInt32(8);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}
