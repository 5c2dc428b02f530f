using System.Text;
using ImageFs.FileSystems.Checksums;
using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>
/// A file's name as Linux's udf shows it: what a name cannot have becomes '_', and a name that was changed or is too long gets a '#'
/// and the CRC of the recorded one in front of its extension (UDF 4.2.2.1).
/// </summary>
internal static class FileName
{
    /// <summary>Bytes of the longest name.</summary>
    public const int MaxLength = 254;

    private const int MaxExtension = 5;
    private const int CrcLength = 5;

    /// <param name="text">The name as it is recorded.</param>
    /// <param name="charset">What to show it in.</param>
    /// <param name="name">Takes it: at most <see cref="MaxLength"/> bytes are used.</param>
    /// <returns>Bytes in it; 0 when it is none: of an unknown compression, or empty.</returns>
    public static int Translate(ReadOnlySpan<byte> text, NameCharset charset, Span<byte> name)
    {
        if (!CompressedUnicode.IsValid(text) || text.Length == 1)
        {
            return 0;
        }

        name = name[..Math.Min(name.Length, MaxLength)];
        bool isChanged = false;
        ReadOnlySpan<byte> units = text[1..];
        int extensionStart = FindExtension(text, units);

        // With the dot; and as much of it as there is room for beside the CRC.
        Span<byte> extension = stackalloc byte[((MaxExtension + 1) * 4) + 1];
        int extensionLength = 0;
        int extensionBesideCrc = 0;
        if (extensionStart >= 0)
        {
            extension = extension[..Math.Min(extension.Length, name.Length)];
            extension[extensionLength++] = (byte)'.';
            ReadOnlySpan<byte> rest = units[(extensionStart + UnitLength(text))..];
            while (rest.Length > 0 && TryAdd(text, ref rest, charset, extension, ref extensionLength, ref isChanged))
            {
                extensionBesideCrc = extensionLength + CrcLength < name.Length ? extensionLength : extensionBesideCrc;
            }

            units = units[..extensionStart];
        }

        int length = 0;
        int lengthBesideCrc = 0;
        while (units.Length > 0 && TryAdd(text, ref units, charset, name, ref length, ref isChanged))
        {
            lengthBesideCrc = length <= name.Length - extensionLength - CrcLength ? length : lengthBesideCrc;
        }

        isChanged |= units.Length > 0 || length > name.Length - extensionLength;
        isChanged |= length is 1 or 2 && !name[..length].ContainsAnyExcept((byte)'.');
        if (isChanged)
        {
            length = lengthBesideCrc;
            Span<byte> mark = name.Slice(length, Math.Min(CrcLength, name.Length - length));
            Span<byte> crc = stackalloc byte[CrcLength];
            crc[0] = (byte)'#';
            Crc16Xmodem.Compute(text[1..]).TryFormat(crc[1..], out _, "X4");
            crc[..mark.Length].CopyTo(mark);
            length += mark.Length;
            extensionLength = extensionBesideCrc;
        }

        extension[..extensionLength].CopyTo(name[length..]);
        return length + extensionLength;
    }

    private static int UnitLength(ReadOnlySpan<byte> text) => text[0] / 8;

    /// <summary>Where the dot of an extension of one to five units is, in bytes; -1 when there is none.</summary>
    private static int FindExtension(ReadOnlySpan<byte> text, ReadOnlySpan<byte> units)
    {
        int unitLength = UnitLength(text);
        int count = 0;
        for (int i = units.Length - unitLength; i >= 0 && count < MaxExtension; i -= unitLength, count++)
        {
            if (units[i + unitLength - 1] == '.' && (unitLength == 1 || units[i] == 0))
            {
                return count > 0 ? i : -1;
            }
        }

        return -1;
    }

    /// <summary>Adds a character; of several that no name can have, one '_' for all.</summary>
    /// <returns>False when there is no room.</returns>
    private static bool TryAdd(
        scoped ReadOnlySpan<byte> text, ref ReadOnlySpan<byte> units, NameCharset charset, scoped Span<byte> name, ref int length, ref bool isChanged)
    {
        Rune? rune = null;
        while (units.Length > 0)
        {
            if (length >= name.Length)
            {
                isChanged = true;
                return false;
            }

            ReadOnlySpan<byte> rest = units;
            Rune? next = CompressedUnicode.Next(text, ref rest);
            bool isIllegal = next is not { } value || value.Value is 0 or '/' || (charset != NameCharset.Utf8 && !value.IsBmp);
            if (rune is not null && !isIllegal)
            {
                break;
            }

            units = rest;
            rune = isIllegal ? new Rune('_') : next;
            if (!isIllegal)
            {
                break;
            }

            isChanged = true;
        }

        int added = CompressedUnicode.Encode(rune!.Value, charset, name[length..]);
        if (added < 0)
        {
            name[length] = (byte)'_';
            added = 1;
            isChanged = true;
        }

        length += added;
        isChanged |= added == 0;
        return added > 0;
    }
}
