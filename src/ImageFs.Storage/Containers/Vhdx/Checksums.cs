using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>The checksum that headers, region tables and log entries have behind their signature: CRC-32C, inverted at the end.</summary>
internal static class Checksums
{
    private const int Offset = 4;

    /// <summary>Whether a structure has its signature and its checksum.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        bytes.StartsWith(signature)
        && ~Crc32C.AppendWithout(Crc32C.Initial, bytes, Offset, sizeof(uint)) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[Offset..]);
}
