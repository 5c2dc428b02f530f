using System.Text;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Metadata of caches that cache_restore writes.</summary>
internal static class CacheImage
{
    /// <summary>Bytes of a block of the cache.</summary>
    public const int BlockSize = 32 * 1024;

    /// <summary>Has cache_restore write the metadata.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="mappings">Blocks of the cache, the blocks of the origin in them, and whether they are not written back.</param>
    /// <param name="blocks">Blocks of the cache.</param>
    /// <param name="version">1 or 2.</param>
    /// <param name="options">Further ones.</param>
    public static byte[] Write(DiskFolder folder, (int Cache, int Origin, bool IsDirty)[] mappings, int blocks, int version, params string[] options)
    {
        var xml = new StringBuilder($"""<superblock uuid="" block_size="{BlockSize / 512}" nr_cache_blocks="{blocks}" policy="smq" hint_width="4"><mappings>""");
        foreach ((int cache, int origin, bool isDirty) in mappings)
        {
            xml.Append($"""<mapping cache_block="{cache}" origin_block="{origin}" dirty="{(isDirty ? "true" : "false")}"/>""");
        }

        File.WriteAllText(folder["cache.xml"], xml.Append("</mappings><hints></hints></superblock>").ToString());
        File.WriteAllBytes(folder["cache.metadata"], new byte[1 << 20]);
        folder.Run("cache_restore", ["-i", "cache.xml", "-o", "cache.metadata", "--metadata-version", $"{version}", .. options]);
        return File.ReadAllBytes(folder["cache.metadata"]);
    }
}
