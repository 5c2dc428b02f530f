using ImageFs.FileSystems.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// The directories of an ext file system: names are found by the hash tree where there is one. "." and ".." are the first entries of the first
/// block; of a directory in its inode, the number of the parent takes their place.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class ExtDirectories(ExtVolume volume) : DirectoryListing<Directory, DirectoryCursor>(volume.Indexes)
{
    // The inode, and the extents or blocks that it has itself.
    private const int OwnWeight = 400;

    // Those of the directory itself and of its parent.
    private const int DotEntries = 2;

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
    protected override int PositionUnit => DirEntry.Alignment;

    /// <inheritdoc/>
    public override uint Hash(Directory directory, ReadOnlySpan<byte> name) => directory.HashName(name);

    /// <inheritdoc/>
    protected override Directory OpenDirectory(NodeId directory) => _prefetched.Open(directory);

    /// <inheritdoc/>
    protected override DirectoryCursor Read(Directory directory, long position) => new(directory, volume.Geometry, position);

    /// <inheritdoc/>
    protected override long Weigh(Directory directory) => OwnWeight;

    /// <inheritdoc/>
    protected override int CountDots(Directory directory) => directory.IsInline ? DotEntries : 0;

    /// <inheritdoc/>
    protected override NodeId FindParent(NodeId node, Directory directory) => new(directory.InlineParent);

    /// <inheritdoc/>
    protected override bool HasOwnLookup(Directory directory) => directory.IsIndexed;

    /// <inheritdoc/>
    protected override bool? TryLookUp(Directory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        return !directory.IsIndexed ? null
            : name.SequenceEqual(".."u8) ? (TryFindParent(directory, out node) ? true : null)
            : TryFindByHash(directory, new SoughtName(name, directory.Flags), out node);
    }

    // It is in no leaf of the tree.
    private bool TryFindParent(Directory directory, out NodeId node)
    {
        using DirectoryCursor cursor = Read(directory, 0);
        for (int i = 0; i < DotEntries && cursor.MoveNext(); i++)
        {
            if (cursor.Name.SequenceEqual(".."u8))
            {
                node = cursor.Node;
                return true;
            }
        }

        node = default;
        return false;
    }

    /// <returns>Null when the tree says nothing: it is damaged, or of names that cannot be read.</returns>
    private bool? TryFindByHash(Directory directory, SoughtName name, out NodeId node)
    {
        node = default;
        if (!name.HasHash)
        {
            return null;
        }

        using var buffer = new PooledBuffer(volume.Geometry.BlockSize);
        try
        {
            bool isFound = new HashTree(volume, directory, buffer.Span).TryFind(name, out uint inode);
            node = new NodeId(inode);
            return isFound;
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }
}
