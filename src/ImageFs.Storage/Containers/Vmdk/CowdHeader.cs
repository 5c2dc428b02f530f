using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The header of ESX's older sparse extents, <c>vmfsSparse</c>; all numbers are in sectors (VMDK: ESX Server Sparse Extent Header).</summary>
internal readonly ref struct CowdHeader
{
    /// <summary>Entries of each of its grain tables.</summary>
    public const int EntriesInTable = 4096;

    private const int Length = 28;

    private readonly ReadOnlySpan<byte> _bytes;

    public CowdHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public uint Version => UInt32(4);

    /// <summary>Sectors of the disk.</summary>
    public uint Capacity => UInt32(12);

    public uint GrainSize => UInt32(16);

    public uint DirectoryOffset => UInt32(20);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}
