using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Thin;

/// <summary>
/// A pool of thin volumes (drivers/md/dm-thin-metadata.c). A tree has the devices by their numbers, and the tree of each has its blocks: a
/// device that is a snapshot of another begins with the same tree.
/// </summary>
internal sealed class ThinPool
{
    private const string Clause = "dm-thin-metadata";

    private readonly MetadataBlocks _blocks;
    private readonly ThinSuperblock _superblock;
    private readonly BlockSource _data;

    private ThinPool(MetadataBlocks blocks, ThinSuperblock superblock, BlockSource data)
    {
        _blocks = blocks;
        _superblock = superblock;
        _data = data;
    }

    /// <summary>Bytes of a block.</summary>
    public long BlockSize => _superblock.DataBlockSize;

    /// <summary>The transaction that LVM has to know too; one that is behind or ahead of LVM's was interrupted.</summary>
    public ulong TransactionId => _superblock.TransactionId;

    /// <summary>Whether the kernel found the metadata wanting. It reads from such a pool, and does not write.</summary>
    public bool NeedsCheck => _superblock.NeedsCheck;

    /// <summary>Opens a pool.</summary>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="data">Its data.</param>
    /// <param name="memory">Keeps metadata.</param>
    /// <exception cref="UnsupportedFeatureException">It is of a kind that is not read.</exception>
    /// <exception cref="ImageException">The superblock is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ThinPool Open(BlockSource metadata, BlockSource data, MemoryBudget memory)
    {
        var blocks = new MetadataBlocks("thin metadata", metadata, memory);
        return new ThinPool(blocks, ThinSuperblock.Read(blocks), data);
    }

    /// <summary>Opens a volume.</summary>
    /// <param name="device">Its number in the pool (device_id).</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="externalOrigin">What has the blocks that the pool has none of; null when they are zeros.</param>
    /// <exception cref="InvalidImageException">The pool has no such device.</exception>
    /// <exception cref="ImageException">The tree of devices is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public BlockSource OpenVolume(long device, long length, BlockSource? externalOrigin)
    {
        Span<byte> node = stackalloc byte[MetadataBlocks.BlockSize];
        var devices = new BTree(_blocks, _superblock.MappingRoot, sizeof(long));
        return devices.TryFind(device, node, out BTreeNode leaf, out int index, out _)
            ? new ThinVolume(new BTree(_blocks, leaf.NumberAt(index), sizeof(long)), _data, BlockSize, length, externalOrigin)
            : throw new InvalidImageException("thin metadata device tree", MetadataBlocks.AddressOf(_superblock.MappingRoot), $"it has no device {device}", Clause);
    }
}
