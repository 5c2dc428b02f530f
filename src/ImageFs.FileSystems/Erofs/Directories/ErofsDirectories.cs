using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs.Directories;

/// <summary>The directories of a file system: their names are in the order of their bytes, so that one is found by bisection.</summary>
/// <param name="volume">The file system.</param>
internal sealed class ErofsDirectories(ErofsVolume volume) : DirectoryListing<Directory, DirectoryCursor>(volume.Indexes)
{
    private const int OwnWeight = 400;

    // Both the size of a block and that of an entry are multiples of it.
    private const int Unit = 4;

    private const int KnownDirectories = 256;

    private readonly SlotCache<NodeId, bool> _prefetched = new(KnownDirectories);

    /// <inheritdoc/>
    protected override int PositionUnit => Unit;

    /// <summary>Has the kernel begin to read the blocks of a directory.</summary>
    /// <param name="directory">The directory.</param>
    public void PrefetchNames(NodeId directory)
    {
        if (_prefetched.TryFind(directory, out _))
        {
            return;
        }

        _prefetched.Add(directory, true);
        try
        {
            Inode inode = volume.ReadInode(directory);
            if (inode.Size > 0)
            {
                volume.OpenContents(in inode).Prefetch(0, inode.Size);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who opens it gets the error.
        }
    }

    /// <inheritdoc/>
    protected override Directory OpenDirectory(NodeId directory)
    {
        Inode inode = volume.ReadInode(directory);
        return inode.Type == NodeType.Directory
            ? new Directory(directory, inode, new BlockCache(volume.OpenContents(in inode), volume.Geometry.BlockSize, volume.Memory.Blocks))
            : throw new LinuxException("readdir", Errno.ENOTDIR, $"node {directory.Value}");
    }

    /// <inheritdoc/>
    protected override DirectoryCursor Read(Directory directory, long position) => new(volume, directory, position);

    /// <inheritdoc/>
    protected override long Weigh(Directory directory) => OwnWeight;

    /// <inheritdoc/>
    protected override int CountDots(Directory directory) => 0;

    /// <inheritdoc/>
    protected override ulong FindInode(NodeId node) => NodeNumber.ToInode(node.Value, volume.Geometry.HasMetabox);

    /// <inheritdoc/>
    protected override bool HasOwnLookup(Directory directory) => true;

    /// <inheritdoc/>
    protected override bool? TryLookUp(Directory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        int blockSize = volume.Geometry.BlockSize;
        using var buffer = new PooledBuffer(blockSize);
        long low = 0;
        long high = (directory.Size - 1) / blockSize;
        long candidate = -1;
        while (directory.Size > 0 && low <= high)
        {
            long middle = low + ((high - low) / 2);
            DirectoryBlock block = directory.Read(middle * blockSize, buffer.Span);
            int order = name.SequenceCompareTo(NameOf(directory, middle * blockSize, in block, 0));
            if (order == 0)
            {
                node = new NodeId(block.NodeOf(0));
                return true;
            }

            candidate = order > 0 ? middle : candidate;
            (low, high) = order > 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return candidate >= 0 && TryLookUp(directory, candidate * blockSize, directory.Read(candidate * blockSize, buffer.Span), name, out node);
    }

    private static bool TryLookUp(Directory directory, long start, in DirectoryBlock block, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        int low = 1;
        int high = block.Count - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = name.SequenceCompareTo(NameOf(directory, start, in block, middle));
            if (order == 0)
            {
                node = new NodeId(block.NodeOf(middle));
                return true;
            }

            (low, high) = order > 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    private static ReadOnlySpan<byte> NameOf(Directory directory, long start, in DirectoryBlock block, int entry) =>
        block.TryGetName(entry, out ReadOnlySpan<byte> name)
            ? name
            : throw directory.Damaged(start + (entry * DirectoryBlock.EntrySize), "the name of an entry leaves its block, or is too long");
}
