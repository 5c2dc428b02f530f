using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Names of the Joliet tree: UCS-2, or UTF-16, in big-endian order (Joliet 4.3), as Linux shows them.</summary>
internal static class JolietName
{
    /// <summary>Bytes that a decoded name can take: three for each of the two that it was recorded in.</summary>
    public const int MaxLength = MaxUnits * Utf16Name.MaxBytesPerUnit;

    private const int MaxUnits = 128;

    /// <param name="identifier">The file identifier.</param>
    /// <param name="charset">What to show it in.</param>
    /// <param name="name">Where it goes: at least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes in it.</returns>
    public static int Translate(ReadOnlySpan<byte> identifier, NameCharset charset, Span<byte> name)
    {
        ReadOnlySpan<char> units = Utf16Name.ReadBigEndian(identifier, stackalloc char[MaxUnits]);
        int length = Utf16Name.Encode(units, charset, (byte)'?', name);
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
}
