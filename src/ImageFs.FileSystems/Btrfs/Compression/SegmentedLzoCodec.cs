using System.Buffers.Binary;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Btrfs.Compression;

/// <summary>
/// LZO as extents have it (btrfs: lzo.c): the length of all, then segments, each a length and a stream of one sector decoded. No length of a
/// segment crosses the end of a sector: what is left before is zeros.
/// </summary>
/// <param name="sectorSize">The unit of data.</param>
internal sealed class SegmentedLzoCodec(int sectorSize) : Codec
{
    private const int LengthSize = sizeof(uint);

    /// <inheritdoc/>
    public override string Name => Codecs.Lzo.Name;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        if (encoded.Length < LengthSize || ReadLength(encoded, 0) is not (>= LengthSize and uint total) || total > encoded.Length)
        {
            return Damaged;
        }

        encoded = encoded[..(int)total];
        int read = LengthSize;
        int written = 0;
        while (read < encoded.Length)
        {
            uint length = encoded.Length - read < LengthSize ? uint.MaxValue : ReadLength(encoded, read);
            if (length > encoded.Length - read - LengthSize)
            {
                return Damaged;
            }

            Span<byte> sector = destination[written..Math.Min(written + sectorSize, destination.Length)];
            if (!Codecs.Lzo.TryDecode(encoded.Slice(read + LengthSize, (int)length), sector, out int decoded))
            {
                return Damaged;
            }

            read += LengthSize + (int)length;
            written += decoded;
            int left = sectorSize - (read % sectorSize);
            read += left < LengthSize ? left : 0;
        }

        return written;
    }

    private static uint ReadLength(ReadOnlyMemory<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[offset..]);
}
