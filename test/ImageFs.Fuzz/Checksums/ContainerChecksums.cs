using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of containers.</summary>
internal static class ContainerChecksums
{
    private const int VhdxHeader = 4096;
    private const int VhdxRegion = 64 << 10;
    private const int VhdFooter = 512;
    private const int VhdHeader = 1024;
    private const int EwfFileHeader = 13;
    private const int EwfSection = 76;

    /// <summary>Those of VHDX: headers, region tables and entries of the log, CRC-32C at byte 4.</summary>
    public static IEnumerable<Seal> FindVhdx(byte[] image) =>
    [
        new Seal(1 * VhdxRegion, VhdxHeader, Sums.Crc32C(4)),
        new Seal(2 * VhdxRegion, VhdxHeader, Sums.Crc32C(4)),
        new Seal(3 * VhdxRegion, VhdxRegion, Sums.Crc32C(4)),
        new Seal(4 * VhdxRegion, VhdxRegion, Sums.Crc32C(4)),
        .. from at in Enumerable.Range(0, image.Length / VhdxHeader)
           where image.AsSpan(at * VhdxHeader, 4).SequenceEqual("loge"u8)
           select new Seal(at * VhdxHeader, (int)BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan((at * VhdxHeader) + 8)), Sums.Crc32C(4)),
    ];

    /// <summary>Those of VHD: its footer at the end and its copy at the start, and the header of a dynamic disk.</summary>
    public static IEnumerable<Seal> FindVhd(byte[] image) =>
        [new Seal(0, VhdFooter, Complement(64)), new Seal(VhdFooter, VhdHeader, Complement(36)), new Seal(image.Length - VhdFooter, VhdFooter, Complement(64))];

    /// <summary>Those of EWF: the descriptors of its sections, Adler-32 in their last four bytes.</summary>
    public static IEnumerable<Seal> FindEwf(byte[] image)
    {
        long next = EwfFileHeader;
        for (long at = 0; next > at && next + EwfSection <= image.Length;)
        {
            at = next;
            next = BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan((int)at + 16));
            yield return new Seal((int)at, EwfSection, WriteAdler);
        }
    }

    private static SealWriter Complement(int field) => bytes =>
    {
        bytes.Slice(field, sizeof(uint)).Clear();
        uint sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes[field..], ~sum);
    };

    private static void WriteAdler(Span<byte> bytes) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Adler32.Of(bytes[..^4]));
}
