using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.CompactDisc;

/// <summary>A film as Windows and macOS show it: raw sectors behind a RIFF header of the form CDXA.</summary>
internal static class FilmFile
{
    private const int HeaderLength = 44;
    private const int FormatLength = 16;

    // What a directory record says of a film (CD-ROM XA): anybody may read and execute it; it is of form 2, or of both by turns.
    private const ushort FilmAttributes = 0x1555;
    private const ushort InterleavedAttributes = 0x3D55;

    // Bytes of the file that the length of its RIFF chunk does not count.
    private const int Uncounted = 8;

    /// <summary>The file.</summary>
    internal static BlockSource Open(FilmSource film) => new ConcatenatedSource([new MemorySource(MakeHeader(film)), film]);

    private static byte[] MakeHeader(FilmSource film)
    {
        // No disc is so long; who believes its header plays the rest of a file that claims to be not.
        uint counted = (uint)Math.Min(film.Length, uint.MaxValue - HeaderLength);
        byte[] header = new byte[HeaderLength];
        Span<byte> bytes = header;
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], counted + HeaderLength - Uncounted);
        "CDXAfmt "u8.CopyTo(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], FormatLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[24..], film.IsInterleaved ? InterleavedAttributes : FilmAttributes);
        "XA"u8.CopyTo(bytes[26..]);
        bytes[28] = film.FileNumber;
        "data"u8.CopyTo(bytes[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], counted);
        return header;
    }
}
