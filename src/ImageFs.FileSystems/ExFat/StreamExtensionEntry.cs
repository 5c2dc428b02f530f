using System.Buffers.Binary;
using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems.ExFat;

/// <summary>A stream extension directory entry: the second of a file's set (exFAT 7.6).</summary>
internal readonly ref struct StreamExtensionEntry
{
    private const byte NoFatChain = 0x02;

    private readonly ReadOnlySpan<byte> _bytes;

    public StreamExtensionEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>NoFatChain: the clusters follow one another, and the table says nothing of them (6.4.2.2).</summary>
    public bool IsContiguous => (_bytes[1] & NoFatChain) != 0;

    /// <summary>NameLength in UTF-16 units (7.6.3).</summary>
    public byte NameLength => _bytes[3];

    /// <summary>NameHash of the up-cased name (7.6.4).</summary>
    public ushort NameHash => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);

    /// <summary>ValidDataLength: bytes that were written (7.6.5).</summary>
    public ulong ValidDataLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    /// <summary>FirstCluster (7.6.6).</summary>
    public uint FirstCluster => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]);

    /// <summary>DataLength in bytes (7.6.7).</summary>
    public ulong DataLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);
}
