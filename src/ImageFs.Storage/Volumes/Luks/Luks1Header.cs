using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>The header of LUKS1, whose numbers are big-endian (LUKS1 3).</summary>
internal static class Luks1Header
{
    /// <summary>Its bytes.</summary>
    public const int Size = 592;

    private const int SectorSize = 512;
    private const int SlotCount = 8;
    private const int SlotPlace = 208;
    private const int SlotSize = 48;
    private const int SaltSize = 32;
    private const int DigestSize = 20;
    private const uint ActiveSlot = 0x00AC71F3;

    /// <summary>Reads the header.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static LuksHeader Read(BlockSource source)
    {
        byte[] bytes = new byte[Size];
        source.ReadAt(0, bytes);
        int version = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(6));
        if (version != 1)
        {
            throw new UnsupportedFeatureException($"LUKS of version {version}");
        }

        string encryption = $"{Text(bytes, 8, 32)}-{Text(bytes, 40, 32)}";
        string hash = Text(bytes, 72, 32);
        long payload = Number(bytes, 104);
        int keyLength = KeyLimits.CheckKeyLength(Number(bytes, 108), 108, "LUKS1 3");
        var slots = new List<KeySlot>();
        for (int i = 0; i < SlotCount; i++)
        {
            int place = SlotPlace + (i * SlotSize);
            if (Number(bytes, place) == ActiveSlot)
            {
                slots.Add(new KeySlot(
                    i,
                    keyLength,
                    new Pbkdf2(hash, Number(bytes, place + 4), bytes[(place + 8)..(place + 8 + SaltSize)]),
                    encryption,
                    keyLength,
                    Number(bytes, place + 40) * SectorSize,
                    KeyLimits.CheckStripes(Number(bytes, place + 44), place + 44, "LUKS1 3"),
                    hash));
            }
        }

        return new LuksHeader(1, Text(bytes, 168, 40))
        {
            Slots = slots,
            Digests = [new KeyDigest(new Pbkdf2(hash, Number(bytes, 164), bytes[132..164]), bytes[112..(112 + DigestSize)], [.. slots.Select(slot => slot.Number)], [0])],
            Segments = [new LuksSegment(0, payload * SectorSize, null, encryption, SectorSize, 0)],
        };
    }

    private static long Number(byte[] bytes, int place) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(place));

    private static string Text(byte[] bytes, int place, int length) => KeyLimits.Text(bytes.AsSpan(place, length));
}

/// <summary>Bounds of what a header may ask for.</summary>
internal static class KeyLimits
{
    private const int MaxKeyLength = 512;
    private const int MaxStripes = 16384;

    /// <summary>The length of a volume's key, checked.</summary>
    /// <exception cref="InvalidImageException">No cipher has keys like that.</exception>
    public static int CheckKeyLength(long length, long address, string clause) => length is > 0 and <= MaxKeyLength
        ? (int)length
        : throw new InvalidImageException("LUKS header", address, $"the key has {length} bytes, where 1 to {MaxKeyLength} are possible", clause);

    /// <summary>The number of stripes of a key, checked.</summary>
    /// <exception cref="InvalidImageException">There are none, or too many.</exception>
    public static int CheckStripes(long stripes, long address, string clause) => stripes is > 0 and <= MaxStripes
        ? (int)stripes
        : throw new InvalidImageException("LUKS header", address, $"a key is split into {stripes} stripes, where 1 to {MaxStripes} are read", clause);

    /// <summary>A text that ends with a byte of zero, or with its field.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
