using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Checking;

/// <summary>Where a file lies in its volume: its map composed down to there and no further.</summary>
internal static class VolumeExtents
{
    /// <summary>The runs of the volume that a file is in: its bytes as they are, and what its encoded blocks are stored in.</summary>
    /// <param name="file">The file.</param>
    /// <param name="volume">The volume.</param>
    /// <exception cref="ImageException">A map is damaged, or leads out of the volume, where the enumeration has come to.</exception>
    public static IEnumerable<VolumeRun> Of(BlockSource file, BlockSource volume)
    {
        // Blocks that are stored one after the other are one run: they may share a block of the volume.
        VolumeRun? stored = null;
        foreach (VolumeRun run in Of(file, 0, file.Length, volume))
        {
            if (stored is { } before && run.IsEncoded && run.Address <= before.End && run.Address >= before.Address && run.End >= before.End)
            {
                stored = before with { Length = run.End - before.Address };
                continue;
            }

            if (stored is { } ended)
            {
                yield return ended;
            }

            stored = run.IsEncoded ? run : null;
            if (!run.IsEncoded)
            {
                yield return run;
            }
        }

        if (stored is { } last)
        {
            yield return last;
        }
    }

    /// <summary>The same of a part of a file, block by block.</summary>
    /// <param name="file">The file.</param>
    /// <param name="start">First byte of the part.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <param name="volume">The volume.</param>
    /// <exception cref="ImageException">A map is damaged, or leads out of the volume, where the enumeration has come to.</exception>
    public static IEnumerable<VolumeRun> Of(BlockSource file, long start, long length, BlockSource volume)
    {
        for (long done = 0; done < length;)
        {
            Extent extent = Locate(file, volume, start + done, length - done, out BlockSource source, out long address);
            done += extent.Length;
            if (extent.Kind == ExtentKind.Mapped)
            {
                yield return new VolumeRun(extent.Address, extent.Length, IsEncoded: false);
            }
            else if (extent.Kind == ExtentKind.Encoded)
            {
                EncodedBlock block = source.FindEncoded(address);
                foreach (VolumeRun run in Of(block.Source, block.Address, block.StoredLength, volume))
                {
                    yield return run with { IsEncoded = true };
                }
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
            Extent extent = Locate(file, volume, offset, file.Length - offset, out _, out _);
            yield return extent;
            offset += extent.Length;
        }
    }

    private static Extent Locate(BlockSource file, BlockSource volume, long offset, long length, out BlockSource source, out long address)
    {
        source = file;
        address = offset;
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

/// <summary>A run of bytes of a volume that a file has.</summary>
/// <param name="Address">Where it begins in the volume.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="IsEncoded">Whether the file's bytes are decoded from it.</param>
internal readonly record struct VolumeRun(long Address, long Length, bool IsEncoded)
{
    /// <summary>First byte after it.</summary>
    public long End => Address + Length;
}
