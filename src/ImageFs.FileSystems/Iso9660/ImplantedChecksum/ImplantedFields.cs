using System.Globalization;
using System.Text;

namespace ImageFs.FileSystems.Iso9660.ImplantedChecksum;

/// <summary>What isomd5sum writes into the Application Use of a primary volume descriptor (ECMA-119 8.4.32).</summary>
/// <param name="Sum">The MD5 in hexadecimal digits.</param>
/// <param name="SkippedSectors">Sectors at the end that it is not over: tools add padding there.</param>
internal sealed record ImplantedFields(string Sum, long SkippedSectors)
{
    /// <summary>Where the Application Use is in the descriptor.</summary>
    public const int Place = 883;

    /// <summary>Its length in bytes: it counts as spaces in the sum.</summary>
    public const int Length = 512;

    private const int SumDigits = 32;

    /// <summary>Reads the fields; null when there are none.</summary>
    /// <param name="descriptor">The primary volume descriptor.</param>
    public static ImplantedFields? Read(ReadOnlySpan<byte> descriptor)
    {
        string text = Encoding.Latin1.GetString(descriptor.Slice(Place, Length));
        string sum = Find(text, "ISO MD5SUM = ");
        _ = uint.TryParse(Find(text, "SKIPSECTORS = "), NumberStyles.None, CultureInfo.InvariantCulture, out uint skipped);
        return sum.Length == SumDigits && sum.All(char.IsAsciiHexDigit) ? new ImplantedFields(sum.ToLowerInvariant(), skipped) : null;
    }

    // Fields end with a semicolon.
    private static string Find(string text, string name)
    {
        int place = text.IndexOf(name, StringComparison.Ordinal);
        return place < 0 ? string.Empty : text[(place + name.Length)..].Split(';')[0];
    }
}
