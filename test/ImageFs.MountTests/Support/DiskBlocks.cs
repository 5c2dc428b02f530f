using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>What a file takes of its disk: less than its length where it has holes.</summary>
internal static class DiskBlocks
{
    /// <summary>Blocks of 512 bytes (st_blocks).</summary>
    public static long Of(string path) => long.Parse(Tool.Run("stat", "-c", "%b", path).Succeeded().Text, CultureInfo.InvariantCulture);
}
