namespace ImageFs.FileSystems.SquashFs;

/// <summary>A magic number that a super block begins with: that of SquashFS in both byte orders, and those of vendors.</summary>
/// <param name="Bytes">Its bytes, as letters.</param>
/// <param name="IsBigEndian">Whether a big-endian machine wrote it.</param>
/// <param name="Vendor">Who has it; empty for SquashFS itself.</param>
internal sealed record Magic(string Bytes, bool IsBigEndian = false, string Vendor = "")
{
    /// <summary>Bytes of each.</summary>
    public const int Length = 4;

    private const string Lzma = "the LZMA patch";
    private const string DdWrt = "DD-WRT";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Magic> All { get; } =
    [
        new("hsqs"),
        new("sqsh", IsBigEndian: true),
        new("shsq", Vendor: Lzma),
        new("qshs", IsBigEndian: true, Lzma),
        new("hsqt", Vendor: DdWrt),
        new("tqsh", IsBigEndian: true, DdWrt),
        new("sqlz", IsBigEndian: true, Lzma),
    ];

    /// <summary>Whether what it stands for is laid out as SquashFS is, and compressed in a way that is published (sqlzma.h).</summary>
    public bool IsRead => Vendor.Length == 0 || Bytes is "shsq" or "qshs";

    /// <summary>For messages, behind a version.</summary>
    public string OfVendor => Vendor.Length == 0 ? string.Empty : $" of a vendor ({Vendor}, \"{Bytes}\")";

    /// <summary>The one that bytes begin with; null when they begin with none.</summary>
    public static Magic? Find(ReadOnlySpan<byte> bytes)
    {
        foreach (Magic magic in All)
        {
            if (magic.IsAt(bytes))
            {
                return magic;
            }
        }

        return null;
    }

    private bool IsAt(ReadOnlySpan<byte> bytes) => System.Text.Ascii.Equals(bytes[..Length], Bytes);
}
