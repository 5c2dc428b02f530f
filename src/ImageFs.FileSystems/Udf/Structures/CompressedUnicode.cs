using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>OSTA Compressed Unicode: a byte that says how many bits a unit has, 8 or 16, and the units (UDF 2.1.1).</summary>
internal static class CompressedUnicode
{
    private const byte EightBits = 8;
    private const byte SixteenBits = 16;

    /// <summary>Whether it is text: of a known compression, and of whole units.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) =>
        text.Length > 0 && (text[0] == EightBits || (text[0] == SixteenBits && (text.Length & 1) == 1));

    /// <summary>The next character of some units.</summary>
    /// <param name="text">Text that is valid, for the compression.</param>
    /// <param name="units">The units that are left; those of the character are taken off.</param>
    /// <returns>Null when there is a surrogate without its other half.</returns>
    public static Rune? Next(scoped ReadOnlySpan<byte> text, ref ReadOnlySpan<byte> units)
    {
        char unit = TakeUnit(text, ref units);
        if (!char.IsSurrogate(unit))
        {
            return new Rune(unit);
        }

        if (char.IsLowSurrogate(unit) || units.Length < 2)
        {
            return null;
        }

        // The unit after it is lost with it, as in Linux.
        char low = TakeUnit(text, ref units);
        return char.IsLowSurrogate(low) ? new Rune(unit, low) : null;
    }

    /// <summary>The text of a dstring: its last byte says how long it is (ECMA-167 1/7.2.12).</summary>
    /// <param name="field">The whole field.</param>
    /// <returns>Empty when there is none, or of an unknown compression.</returns>
    public static string ReadField(ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> text = field[..Math.Min((int)field[^1], field.Length - 1)];
        text = text.Length > 0 && text[0] == SixteenBits && (text.Length & 1) == 0 ? text[..^1] : text;
        if (!IsValid(text))
        {
            return string.Empty;
        }

        var result = new StringBuilder();
        ReadOnlySpan<byte> units = text[1..];
        while (units.Length > 0)
        {
            result.Append(Next(text, ref units) ?? Rune.ReplacementChar);
        }

        return result.ToString().TrimEnd('\0');
    }

    /// <summary>Puts a character into bytes of a character set.</summary>
    /// <param name="rune">The character.</param>
    /// <param name="charset">The character set.</param>
    /// <param name="bytes">Takes it.</param>
    /// <returns>Bytes; 0 when there is no room; -1 when the set does not have it.</returns>
    public static int Encode(Rune rune, NameCharset charset, Span<byte> bytes)
    {
        if (charset == NameCharset.Utf8)
        {
            return rune.TryEncodeToUtf8(bytes, out int length) ? length : 0;
        }

        return rune.IsBmp ? charset.Encode((char)rune.Value, bytes) : -1;
    }

    private static char TakeUnit(scoped ReadOnlySpan<byte> text, ref ReadOnlySpan<byte> units)
    {
        bool isWide = text[0] == SixteenBits;
        char unit = isWide ? (char)BinaryPrimitives.ReadUInt16BigEndian(units) : (char)units[0];
        units = units[(isWide ? 2 : 1)..];
        return unit;
    }
}
