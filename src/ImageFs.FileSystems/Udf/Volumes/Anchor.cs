using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>An anchor volume descriptor pointer: where the volume descriptors are (ECMA-167 3/10.2).</summary>
/// <param name="BlockSize">Bytes in a block, as the anchor's place tells.</param>
/// <param name="Block">The block that it is in.</param>
/// <param name="Main">Main volume descriptor sequence (3/10.2.2).</param>
/// <param name="Reserve">Reserve volume descriptor sequence (3/10.2.3).</param>
internal sealed record Anchor(int BlockSize, uint Block, VolumeExtent Main, VolumeExtent Reserve)
{
    private const int Length = 32;
    private const uint First = 256;
    private const uint OfOpenMedia = 512;
    private const int DiscBlockSize = 2048;

    /// <summary>All anchors, those of the likeliest places first.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="options">The mount options.</param>
    /// <exception cref="LinuxException">The device failed, and without that no anchor was found.</exception>
    public static IEnumerable<Anchor> Find(BlockSource source, UdfOptions options)
    {
        LinuxException? failure = null;
        bool isFound = false;
        foreach (int blockSize in options.BlockSizes)
        {
            if (!options.IgnoreRecognition
                && !RecognitionSequence.HasVolume(source, (long)options.Session * blockSize, blockSize))
            {
                continue;
            }

            foreach (long block in Places(source.Length / blockSize, options))
            {
                if (TryRead(source, blockSize, block, ref failure) is { } anchor)
                {
                    isFound = true;
                    yield return anchor;
                }
            }
        }

        if (!isFound && failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>
    /// Where an image begins on its disc, in bytes: 0, unless it is one of a later session alone, whose anchor has the number of its block on
    /// the disc.
    /// </summary>
    /// <param name="source">The image.</param>
    /// <param name="options">The mount options.</param>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static long FindShift(BlockSource source, UdfOptions options)
    {
        byte[] bytes = new byte[DiscBlockSize];
        if (source.Length < (First + 1) * DiscBlockSize || !options.BlockSizes.Contains(DiscBlockSize)
            || (!options.IgnoreRecognition && !RecognitionSequence.HasVolume(source, 0, DiscBlockSize)))
        {
            return 0;
        }

        source.ReadAt(First * DiscBlockSize, bytes);
        var tag = new DescriptorTag(bytes);
        return IsAnchor(tag) && tag.Location > First ? (tag.Location - First) * (long)DiscBlockSize : 0;
    }

    /// <summary>
    /// The blocks where an anchor may be (3/8.4.2.1): 256, the last one N, and N - 256. Drives and copies of discs are often wrong about
    /// which block is the last one: the same distances from it are tried as Linux tries.
    /// </summary>
    private static IEnumerable<long> Places(long blocks, UdfOptions options)
    {
        if (options.Anchor is uint anchor)
        {
            yield return anchor;
        }

        yield return (long)options.Session + First;
        long last = options.LastBlock ?? (blocks - 1);
        foreach (long candidate in (long[])[last, last - 1, last + 1, last - 2, last - 150, last - 152])
        {
            if (candidate < blocks)
            {
                yield return candidate;
                yield return candidate - First;
            }
        }

        yield return (long)options.Session + OfOpenMedia;
    }

    private static Anchor? TryRead(BlockSource source, int blockSize, long block, ref LinuxException? failure)
    {
        byte[] bytes = new byte[blockSize];
        try
        {
            if (block is <= 0 or > uint.MaxValue || (block + 1) * blockSize > source.Length)
            {
                return null;
            }

            source.ReadAt(block * blockSize, bytes);
        }
        catch (LinuxException e)
        {
            failure ??= e;
            return null;
        }

        var tag = new DescriptorTag(bytes);
        return IsAnchor(tag) && tag.Location == block
            ? new Anchor(blockSize, (uint)block, VolumeExtent.Read(bytes.AsSpan(DescriptorTag.Length, Length - DescriptorTag.Length)), VolumeExtent.Read(bytes.AsSpan(24)))
            : null;
    }

    private static bool IsAnchor(DescriptorTag tag) => tag.Identifier == TagIdentifier.AnchorVolumeDescriptorPointer
        && tag.FindProblem() is null && tag.FindWrongCrc() is null;
}
