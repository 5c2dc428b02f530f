using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>
/// The contents of an inode that are in blocks. Nothing is read before it is asked for, and nothing is kept here: the nodes of the map
/// come out of the file system's bounded cache.
/// </summary>
internal abstract class BlockMappedFile : BlockSource
{
    private readonly ExtVolume _volume;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="length">Its size in bytes.</param>
    protected BlockMappedFile(ExtVolume volume, Inode inode, long length)
    {
        _volume = volume;
        Length = length;
        Number = inode.Number;
        Address = inode.Address + Inode.BlockOffset;
        Seed = inode.ChecksumSeed(volume.Geometry.ChecksumSeed);
    }

    /// <inheritdoc/>
    public sealed override long Length { get; }

    /// <summary>Number of the inode.</summary>
    protected uint Number { get; }

    /// <summary>Where the map begins in the volume: i_block.</summary>
    protected long Address { get; }

    /// <summary>Where the checksums of what belongs to the inode begin.</summary>
    protected uint Seed { get; }

    /// <summary>Blocks that the map can reach.</summary>
    protected abstract long Reach { get; }

    /// <summary>The file system's sizes.</summary>
    protected Geometry Geometry => _volume.Geometry;

    /// <summary>The file system's metadata.</summary>
    protected MetadataBlocks Blocks => _volume.Blocks;

    /// <inheritdoc/>
    public sealed override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _volume.Source;
        maxLength = Math.Min(maxLength, Length - offset);
        int blockSize = _volume.Geometry.BlockSize;
        (long block, long inBlock) = Math.DivRem(offset, blockSize);
        if (block >= Reach)
        {
            throw new InvalidImageException(
                $"inode {Number}", Address, $"its size of {Length} bytes is more than its map can reach", "ext4: Inode Table");
        }

        BlockRun run = Find((uint)block, (inBlock + maxLength - 1) / blockSize + 1);
        return new Extent(run.First * blockSize, run.Count * blockSize, run.Kind, run.Start * blockSize).Clip(offset, maxLength);
    }

    /// <summary>The run that holds a block of the file.</summary>
    /// <param name="block">A block below <see cref="Reach"/>.</param>
    /// <param name="wanted">Blocks from there on that are of interest.</param>
    /// <exception cref="ImageException">The map is damaged there.</exception>
    protected abstract BlockRun Find(uint block, long wanted);

    /// <summary>The error of a map that names blocks which cannot be.</summary>
    protected InvalidImageException OutOfRange(long address, ulong block, uint count) =>
        new("block map", address, $"{count} blocks from {block} of inode {Number} are out of range", "ext4: Direct/Indirect Blocks");
}
