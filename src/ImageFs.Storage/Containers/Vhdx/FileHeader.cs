using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>The checksum that headers, region tables and log entries have after their signature: CRC-32C, inverted at the end.</summary>
internal static class Checksums
{
    private const int Offset = 4;

    /// <summary>Whether a structure has its signature and its checksum.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        bytes.StartsWith(signature)
        && ~Crc32C.AppendWithout(Crc32C.Initial, bytes, Offset, sizeof(uint)) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[Offset..]);
}

/// <summary>One of the two headers; the one that was written last counts (MS-VHDX 2.2.2).</summary>
internal readonly ref struct FileHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 4096;

    private readonly ReadOnlySpan<byte> _bytes;

    public FileHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether signature and checksum are right.</summary>
    public bool IsValid => Checksums.IsValid(_bytes, "head"u8);

    public ulong SequenceNumber => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    /// <summary>Changed whenever the disk's bytes are: what children know a parent by.</summary>
    public Guid DataWriteGuid => new(_bytes.Slice(32, 16));

    /// <summary>Which entries of the log count; empty for none.</summary>
    public Guid LogGuid => new(_bytes.Slice(48, 16));

    public ushort LogVersion => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[64..]);

    public ushort Version => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[66..]);

    public uint LogLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[68..]);

    public ulong LogOffset => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[72..]);
}
