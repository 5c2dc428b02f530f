using ImageFs.Storage;

namespace ImageFs.Checking;

/// <summary>Where a file lies in its volume: its map composed down to there and no further.</summary>
internal static class VolumeExtents
{
    /// <summary>The extents that are in the volume as they are.</summary>
    /// <param name="file">The file.</param>
    /// <param name="volume">The volume.</param>
    /// <exception cref="ImageException">A map is damaged, or leads out of the volume, where the enumeration has come to.</exception>
    public static IEnumerable<(long Address, long Length)> Of(BlockSource file, BlockSource volume)
    {
        foreach (Extent extent in All(file, volume))
        {
            if (extent.Kind == ExtentKind.Mapped)
            {
                yield return (extent.Address, extent.Length);
            }
        }
    }

    /// <summary>All extents; of those that are in the volume as they are, the address is there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="volume">The volume.</param>
    /// <exception cref="ImageException">A map is damaged, or leads out of the volume, where the enumeration has come to.</exception>
    public static IEnumerable<Extent> All(BlockSource file, BlockSource volume)
    {
        for (long offset = 0; offset < file.Length;)
        {
            Extent extent = Locate(file, volume, offset);
            yield return extent;
            offset += extent.Length;
        }
    }

    private static Extent Locate(BlockSource source, BlockSource volume, long offset)
    {
        long address = offset;
        long length = source.Length - address;
        while (!ReferenceEquals(source, volume))
        {
            Extent extent = source.Map(address, length, out BlockSource below);
            length = extent.Length;
            if (extent.Kind != ExtentKind.Mapped || ReferenceEquals(below, source))
            {
                ExtentKind kind = extent.Kind == ExtentKind.Mapped ? ExtentKind.Own : extent.Kind;
                return new Extent(offset, length, kind, 0);
            }

            address = extent.Address;
            source = below;
            if (address > source.Length - length)
            {
                throw new TruncatedImageException(Math.Max(address, source.Length), source.Length);
            }
        }

        return Extent.Mapped(offset, length, address);
    }
}
