using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Storage.Containers.Lz4;

/// <summary>The header of a frame of LZ4 (LZ4 Frame Format 1.6.4).</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="Flags">Its flags: FLG.</param>
/// <param name="Descriptor">The length of its blocks: BD.</param>
internal readonly record struct FrameHeader(int Length, byte Flags, byte Descriptor)
{
    /// <summary>What a frame begins with.</summary>
    public const uint Magic = 0x184D2204;

    /// <summary>What a frame of the old format begins with.</summary>
    public const uint LegacyMagic = 0x184C2102;

    /// <summary>The most bytes that a header has.</summary>
    public const int MaxLength = 19;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "LZ4 Frame Format 1.6";

    private const uint SkippableMagic = 0x184D2A50;
    private const int VersionMask = 0xC0;
    private const int Version = 0x40;
    private const int BlocksAreIndependent = 0x20;
    private const int HasBlockChecksums = 0x10;
    private const int HasContentSize = 0x08;
    private const int HasContentChecksum = 0x04;
    private const int HasDictionary = 0x01;

    /// <summary>Whether blocks are decoded without those before them.</summary>
    public bool IsIndependent => (Flags & BlocksAreIndependent) != 0;

    /// <summary>Bytes of the checksum behind each block.</summary>
    public int BlockChecksumLength => (Flags & HasBlockChecksums) != 0 ? sizeof(uint) : 0;

    /// <summary>Bytes of the checksum behind all blocks.</summary>
    public int ContentChecksumLength => (Flags & HasContentChecksum) != 0 ? sizeof(uint) : 0;

    /// <summary>The longest block, decoded.</summary>
    public int MaxBlock => 1 << (8 + (2 * ((Descriptor >> 4) & 7)));

    /// <summary>Whether a frame that begins so is skippable.</summary>
    public static bool IsSkippableMagic(uint magic) => (magic & 0xFFFFFFF0) == SkippableMagic;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The first bytes of a frame of this format.</param>
    /// <param name="address">Where they are.</param>
    /// <exception cref="ImageException">It is damaged, or says something that is not supported.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes, long address)
    {
        if (bytes.Length < 7)
        {
            throw new TruncatedImageException(address + bytes.Length, address + bytes.Length);
        }

        byte flags = bytes[4];
        byte descriptor = bytes[5];
        int length = 7 + ((flags & HasContentSize) != 0 ? sizeof(long) : 0) + ((flags & HasDictionary) != 0 ? sizeof(uint) : 0);
        if (bytes.Length < length)
        {
            throw new TruncatedImageException(address + bytes.Length, address + bytes.Length);
        }

        if (bytes[length - 1] != ChecksumOf(bytes[4..(length - 1)]))
        {
            throw new InvalidImageException("lz4 frame", address, "its header has a wrong checksum", Clause);
        }

        if ((flags & VersionMask) != Version || (flags & 2) != 0 || (descriptor & 0x8F) != 0 || descriptor >> 4 < 4)
        {
            throw new UnsupportedFeatureException($"an lz4 frame at 0x{address:X} with the flags 0x{flags:X2} and 0x{descriptor:X2}", Clause);
        }

        return (flags & HasDictionary) == 0
            ? new FrameHeader(length, flags, descriptor)
            : throw new UnsupportedFeatureException($"an lz4 frame at 0x{address:X} that needs a dictionary (lz4 -d -D DICTIONARY decodes it)");
    }

    /// <summary>The header that a frame with one of its blocks would have.</summary>
    public byte[] MakeOfBlock()
    {
        byte[] header = new byte[7];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = (byte)(Flags & ~(HasContentSize | HasContentChecksum));
        header[5] = Descriptor;
        header[6] = ChecksumOf(header.AsSpan(4, 2));
        return header;
    }

    private static byte ChecksumOf(ReadOnlySpan<byte> descriptor) => unchecked((byte)(XxHash32.HashToUInt32(descriptor) >> 8));
}
