using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>
/// A metadata area of a physical volume: mda_header, and behind it texts one after the other, as in a ring, of which the header tells the
/// one that counts (layout.h).
/// </summary>
/// <param name="source">The physical volume.</param>
/// <param name="start">Where the area is.</param>
internal sealed class MetadataArea(BlockSource source, long start)
{
    /// <summary>Bytes that a text has at most: several times what is advised for the whole area.</summary>
    public const int MaxTextLength = 16 << 20;

    private const string Structure = "LVM metadata area";
    private const int HeaderLength = 512;
    private const int Version = 1;
    private const int MagicOffset = 4;
    private const int VersionOffset = 20;
    private const int StartOffset = 24;
    private const int SizeOffset = 32;
    private const int PlacesOffset = 40;
    private const int PlaceLength = 24;
    private const uint Ignored = 1;

    private long _size;
    private long _textOffset;

    private static ReadOnlySpan<byte> Magic => " LVM2 x[5A%r0N*>"u8;

    /// <summary>
    /// Reads the text of the volume group; null when there is none: the physical volume is in no group, or this area is not used
    /// (RAW_LOCN_IGNORED).
    /// </summary>
    /// <param name="allowance">What may still be read of texts; null for any amount.</param>
    /// <exception cref="InvalidImageException">The header or the text is damaged.</exception>
    /// <exception cref="TruncatedImageException">The image ends before it does.</exception>
    /// <exception cref="UnsupportedFeatureException">The text is longer than any.</exception>
    public ConfigurationSection? Read(RecognitionAllowance? allowance = null)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        if (start > source.Length - HeaderLength)
        {
            throw new TruncatedImageException(start, source.Length);
        }

        source.ReadAt(start, header);
        Verify(header);
        ReadOnlySpan<byte> place = header.Slice(PlacesOffset, PlaceLength);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(place);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(place[8..]);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(place[16..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(place[20..]);
        if (offset == 0 || length == 0 || (flags & Ignored) != 0)
        {
            return null;
        }

        if (offset < HeaderLength || offset >= (ulong)_size || length > (ulong)(_size - HeaderLength))
        {
            throw Wrong($"its text of {length} bytes at {offset} does not lie in it");
        }

        if (length > MaxTextLength)
        {
            throw new UnsupportedFeatureException($"LVM metadata of {length} bytes");
        }

        allowance?.Take((long)length);
        _textOffset = (long)offset;
        byte[] text = new byte[(int)length];
        ReadText(text);
        return LvmChecksum.Of(text) == checksum ? ConfigurationText.Read(text, AddressOf) : throw Wrong("the checksum of its text is wrong");
    }

    private void Verify(ReadOnlySpan<byte> header)
    {
        if (!header[MagicOffset..].StartsWith(Magic))
        {
            throw Wrong("it does not begin as one");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LvmChecksum.Of(header[MagicOffset..]))
        {
            throw Wrong("the checksum of its header is wrong");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[VersionOffset..]);
        if (version != Version)
        {
            throw new UnsupportedFeatureException($"an LVM metadata area of version {version}");
        }

        ulong ownStart = BinaryPrimitives.ReadUInt64LittleEndian(header[StartOffset..]);
        if (ownStart != (ulong)start)
        {
            throw Wrong($"it says that it is at 0x{ownStart:X}");
        }

        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(header[SizeOffset..]);
        if (size <= HeaderLength || size > (ulong)(long.MaxValue - start))
        {
            throw Wrong($"it has {size} bytes");
        }

        _size = (long)size;
    }

    // What does not fit in front of the end of the area goes on behind its header.
    private void ReadText(Span<byte> text)
    {
        int first = (int)Math.Min(text.Length, _size - _textOffset);
        source.ReadAt(start + _textOffset, text[..first]);
        source.ReadAt(start + HeaderLength, text[first..]);
    }

    private long AddressOf(int position)
    {
        long offset = _textOffset + position;
        return start + (offset < _size ? offset : offset - _size + HeaderLength);
    }

    private InvalidImageException Wrong(string problem) => new(Structure, start, problem, "mda_header");
}
