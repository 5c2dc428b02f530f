using System.Buffers;
using System.Text.Unicode;
using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>
/// How names in UTF-16 are shown. In UTF-8 half of a surrogate pair is shown by three bytes, as if it were a letter (WTF-8): ntfs-3g does so,
/// too, and every name can be looked up. In another set what it has not is an underscore, as Linux's ntfs3 has it.
/// </summary>
internal sealed class ShownNames(NameCharset charset)
{
    /// <summary>Bytes of the longest name that is shown.</summary>
    public const int MaxBytes = FileName.MaxUnits * Utf16Name.MaxBytesPerUnit;

    private const byte Other = (byte)'_';

    /// <summary>Whether each name leads back to the units that it is shown for.</summary>
    public bool IsExact => charset == NameCharset.Utf8;

    /// <summary>Shows a name.</summary>
    /// <param name="units">The name.</param>
    /// <param name="bytes">Takes it: <see cref="MaxBytes"/> bytes.</param>
    /// <returns>Its length in bytes.</returns>
    public int Encode(ReadOnlySpan<char> units, Span<byte> bytes)
    {
        if (!IsExact)
        {
            return charset.Encode(units, Other, bytes);
        }

        int length = 0;
        while (true)
        {
            OperationStatus status = Utf8.FromUtf16(units, bytes[length..], out int read, out int written, replaceInvalidSequences: false);
            length += written;
            if (status == OperationStatus.Done)
            {
                return length;
            }

            char half = units[read];
            bytes[length++] = (byte)(0xE0 | (half >> 12));
            bytes[length++] = (byte)(0x80 | ((half >> 6) & 0x3F));
            bytes[length++] = (byte)(0x80 | (half & 0x3F));
            units = units[(read + 1)..];
        }
    }

    /// <summary>The units that a name is shown for.</summary>
    /// <param name="name">The name.</param>
    /// <param name="units">Takes them: <see cref="FileName.MaxUnits"/>.</param>
    /// <param name="length">How many there are.</param>
    /// <returns>False when no name is shown so.</returns>
    public bool TryDecode(ReadOnlySpan<byte> name, Span<char> units, out int length)
    {
        if (!IsExact)
        {
            return charset.TryDecode(name, units, out length);
        }

        length = 0;
        while (true)
        {
            OperationStatus status = Utf8.ToUtf16(name, units[length..], out int read, out int written, replaceInvalidSequences: false);
            length += written;
            if (status == OperationStatus.Done)
            {
                return true;
            }

            name = name[read..];
            if (status == OperationStatus.DestinationTooSmall || length == units.Length || !IsHalf(name))
            {
                return false;
            }

            units[length++] = (char)(((name[0] & 0xF) << 12) | ((name[1] & 0x3F) << 6) | (name[2] & 0x3F));
            name = name[3..];
        }
    }

    private static bool IsHalf(ReadOnlySpan<byte> name) => name is [0xED, >= 0xA0 and <= 0xBF, >= 0x80 and <= 0xBF, ..];
}
