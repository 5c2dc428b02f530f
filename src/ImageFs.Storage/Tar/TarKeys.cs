using System.Text;

namespace ImageFs.Storage.Tar;

/// <summary>
/// What records of a pax header are called (POSIX pax: pax Extended Header; those of other names as star, GNU tar and bsdtar write them).
/// </summary>
internal static class TarKeys
{
    public const string Path = "path";
    public const string Link = "linkpath";
    public const string Size = "size";
    public const string Uid = "uid";
    public const string Gid = "gid";
    public const string Time = "mtime";
    public const string Major = "SCHILY.devmajor";
    public const string Minor = "SCHILY.devminor";

    /// <summary>Before the name of an extended attribute.</summary>
    public const string Attribute = "SCHILY.xattr.";

    /// <summary>The key of an extended attribute. A name may have any bytes; of those that a key cannot have GNU tar writes the numbers.</summary>
    /// <param name="name">Its name.</param>
    public static byte[] OfAttribute(ReadOnlySpan<byte> name) => Encoding.Latin1.GetBytes(
        Attribute + Encoding.Latin1.GetString(name).Replace("%", "%25", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal));

    /// <summary>The name of the extended attribute that a key is of.</summary>
    /// <param name="key">The key, a character for each byte.</param>
    public static byte[] AttributeOf(string key) => Encoding.Latin1.GetBytes(
        key[Attribute.Length..].Replace("%3D", "=", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal));
}
