using System.Text;

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
        Span<byte> utf8 = stackalloc byte[identifier.Length / 2 * 3];
        return Encoding.UTF8.GetString(utf8[..JolietName.DecodeUtf8(identifier, utf8)]).TrimEnd(' ');
    }
}
