using System.Text;
using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Padded identifiers as text for people.</summary>
internal static class Text
{
    /// <summary>An identifier of a- or d-characters (ECMA-119 7.4): in practice ASCII or UTF-8, padded with spaces or zeros.</summary>
    public static string FromAscii(ReadOnlySpan<byte> identifier)
    {
        int end = identifier.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? identifier : identifier[..end]).TrimEnd(' ');
    }

    /// <summary>An identifier of Joliet (Joliet 4.3).</summary>
    public static string FromUcs2(ReadOnlySpan<byte> identifier)
    {
        ReadOnlySpan<char> units = Utf16Name.ReadBigEndian(identifier, stackalloc char[identifier.Length / sizeof(char)]);
        Span<byte> utf8 = stackalloc byte[units.Length * Utf16Name.MaxBytesPerUnit];
        return Encoding.UTF8.GetString(utf8[..Utf16Name.ToUtf8(units, utf8)]).TrimEnd(' ');
    }
}
