using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace ImageFs.FileSystems.Names;

/// <summary>Names in UTF-16, as they are on disk.</summary>
internal static class Utf16Name
{
    /// <summary>The most bytes that one unit becomes in UTF-8: a pair becomes four.</summary>
    public const int MaxBytesPerUnit = 3;

    /// <summary>Reads units that are recorded with the high byte first.</summary>
    /// <param name="bytes">Two for each unit; half a unit at the end counts for nothing.</param>
    /// <param name="units">Takes them.</param>
    /// <returns>The units.</returns>
    public static ReadOnlySpan<char> ReadBigEndian(ReadOnlySpan<byte> bytes, Span<char> units)
    {
        units = units[..(bytes.Length / sizeof(char))];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = (char)BinaryPrimitives.ReadUInt16BigEndian(bytes[(i * sizeof(char))..]);
        }

        return units;
    }

    /// <summary>Shows a name in a character set, with another byte for what that does not have.</summary>
    /// <param name="units">The name, which ends at the first 0.</param>
    /// <param name="charset">The character set.</param>
    /// <param name="other">The other byte.</param>
    /// <param name="name">Takes it; <see cref="MaxBytesPerUnit"/> bytes for each unit.</param>
    /// <returns>Its length in bytes.</returns>
    public static int Encode(ReadOnlySpan<char> units, NameCharset charset, byte other, Span<byte> name) =>
        charset == NameCharset.Utf8 ? ToUtf8(units, name) : charset.Encode(units, other, name);

    /// <summary>Turns a name into UTF-8, as Linux does: it ends at the first 0, and half of a surrogate pair is left out.</summary>
    /// <param name="units">The name.</param>
    /// <param name="name">Takes it; <see cref="MaxBytesPerUnit"/> bytes for each unit.</param>
    /// <returns>Its length in bytes.</returns>
    public static int ToUtf8(ReadOnlySpan<char> units, Span<byte> name)
    {
        int end = units.IndexOf('\0');
        units = end < 0 ? units : units[..end];
        int length = 0;
        while (true)
        {
            OperationStatus status = Utf8.FromUtf16(units, name[length..], out int read, out int written, replaceInvalidSequences: false);
            length += written;
            if (status != OperationStatus.InvalidData)
            {
                return length;
            }

            units = units[(read + 1)..];
        }
    }
}
