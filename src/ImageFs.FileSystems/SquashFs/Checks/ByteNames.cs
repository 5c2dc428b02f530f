using System.Text;

namespace ImageFs.FileSystems.SquashFs.Checks;

/// <summary>Names in messages.</summary>
internal static class ByteNames
{
    private const int MaxShown = 64;

    /// <summary>A name as a text, cut where it is long.</summary>
    public static string Show(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name[..Math.Min(name.Length, MaxShown)]);
}
