using System.Globalization;
using ImageFs.FileSystems.Clusters;
using ImageFs.Tests.FileSystems.Fat;

namespace ImageFs.Benchmarks.Images;

/// <summary>A FAT32 volume of large directories: no tool writes them in good time, and none of this size at all.</summary>
internal static class FatNames
{
    private const int ClusterSize = 4096;
    private const int SectorsPerCluster = ClusterSize / 512;

    // FAT32 is what has this many (Microsoft's specification, "FAT type determination").
    private const uint Clusters = 66_000;
    private const int EntrySize = 32;
    private const uint FirstFree = 3;

    /// <summary>Makes the volume.</summary>
    public static void Make(string image)
    {
        var volume = new FatImage(32, Clusters, sectorsPerCluster: SectorsPerCluster);
        uint next = FirstFree;
        foreach (int count in SourceTree.NameCounts)
        {
            byte[][][] names = [.. Enumerable.Range(0, count).Select(Name)];
            int length = (2 + names.Sum(name => name.Length)) * EntrySize;
            uint clusters = (uint)((length / ClusterSize) + 1);
            string shortName = count.ToString(CultureInfo.InvariantCulture);
            byte[] entry = volume.Directory(shortName, 0, [.. Enumerable.Range(0, (int)clusters).Select(i => next + (uint)i)]);
            volume.Add(0, entry);
            foreach (byte[][] name in names)
            {
                volume.Add(next, name);
            }

            next += clusters;
        }

        File.WriteAllBytes(image, volume.Bytes);
    }

    private static byte[][] Name(int number) =>
        FatImage.Long(SourceTree.NameOf(number), FatImage.Entry($"N{number.ToString("D7", CultureInfo.InvariantCulture)}TXT", EntryAttributes.Archive));
}
