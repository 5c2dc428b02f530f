using ImageFs.FileSystems.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs.Directories;

/// <summary>
/// The directories of an XFS file system: names are found by the hashes on disk, where the directory is in blocks. "." and ".." are entries
/// there; of a directory in its inode, the number of the parent takes their place.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class XfsDirectories(XfsVolume volume) : DirectoryListing<Directory, DirectoryCursor>(volume.Indexes)
{
    private const int OwnWeight = 120;
    private const int Dots = 2;
    private readonly PrefetchedDirectories<Directory> _prefetched = new(
        node =>
        {
            using var buffer = new PooledBuffer(volume.Geometry.InodeSize);
            return new Directory(volume, volume.ReadInode(node, buffer.Span));
        },
        directory => directory.PrefetchEntries());

    /// <summary>Has the kernel begin to read a directory.</summary>
    /// <param name="node">The directory.</param>
    public void Prefetch(NodeId node) => _prefetched.Prefetch(node);

    /// <inheritdoc/>
    public override uint Hash(Directory directory, ReadOnlySpan<byte> name) => directory.HashInMemory(name);

    /// <inheritdoc/>
    protected override Directory OpenDirectory(NodeId directory) => _prefetched.Open(directory);

    /// <inheritdoc/>
    protected override DirectoryCursor Read(Directory directory, long position) => new(directory, position);

    /// <inheritdoc/>
    protected override long Weigh(Directory directory) => OwnWeight + directory.Size;

    /// <inheritdoc/>
    protected override int CountDots(Directory directory) => directory.IsLocal ? Dots : 0;

    /// <inheritdoc/>
    protected override NodeId FindParent(NodeId node, Directory directory)
    {
        long parent = ShortFormWalker.Parent(directory.Local);
        return parent < 0
            ? throw new InvalidImageException($"directory of inode {directory.Number}", directory.Address, DirectoryName.ProblemOf(parent), "xfs_dir2_sf_hdr")
            : new NodeId((ulong)parent);
    }

    /// <inheritdoc/>
    protected override bool HasOwnLookup(Directory directory) => !directory.IsLocal;

    /// <inheritdoc/>
    protected override bool? TryLookUp(Directory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        if (directory.IsLocal)
        {
            return null;
        }

        try
        {
            bool isFound = directory.TryFind(name, out long inode);
            node = isFound ? new NodeId((ulong)inode) : default;
            return isFound;
        }
        catch (InvalidImageException)
        {
            // All entries are looked at, then.
            return null;
        }
    }
}
