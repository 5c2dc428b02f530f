using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Names of the Joliet tree: UCS-2, or UTF-16, in big-endian order (Joliet 4.3), as Linux shows them.</summary>
internal static class JolietName
{
    /// <summary>Bytes that a decoded name can take: three for each of the two that it was recorded in.</summary>
    public const int MaxLength = 384;

    /// <param name="identifier">The file identifier.</param>
    /// <param name="charset">What to show it in.</param>
    /// <param name="name">Where it goes: at least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes in it.</returns>
    public static int Translate(ReadOnlySpan<byte> identifier, NameCharset charset, Span<byte> name)
    {
        int length = charset == NameCharset.Utf8 ? DecodeUtf8(identifier, name) : Decode(identifier, charset, name);
        if (length > 2 && name[..length].EndsWith(";1"u8))
        {
            length -= 2;
        }

        // On Windows no name ends in a dot.
        while (length >= 2 && name[length - 1] == '.')
        {
            length--;
        }

        return length;
    }

    /// <summary>UTF-16 up to a null character; a surrogate without its other half is passed over, as in Linux.</summary>
    public static int DecodeUtf8(ReadOnlySpan<byte> identifier, Span<byte> name)
    {
        int length = 0;
        while (identifier.Length >= 2)
        {
            char unit = Unit(identifier);
            if (unit == '\0')
            {
                break;
            }

            identifier = identifier[2..];
            if (Rune.TryCreate(unit, out Rune rune))
            {
                length += rune.EncodeToUtf8(name[length..]);
            }
            else if (identifier.Length >= 2 && Rune.TryCreate(unit, Unit(identifier), out rune))
            {
                identifier = identifier[2..];
                length += rune.EncodeToUtf8(name[length..]);
            }
        }

        return length;
    }

    private static int Decode(ReadOnlySpan<byte> identifier, NameCharset charset, Span<byte> name)
    {
        Span<char> units = stackalloc char[MaxLength / NameCharset.MaxBytesPerUnit];
        int count = 0;
        while (identifier.Length >= 2)
        {
            units[count++] = Unit(identifier);
            identifier = identifier[2..];
        }

        return charset.Encode(units[..count], (byte)'?', name);
    }

    private static char Unit(ReadOnlySpan<byte> bytes) => (char)BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
