using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Directories;

/// <summary>
/// The directories: names are in order, and a long directory has an index, with the first name of each metadata block that it reaches into.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class SquashFsDirectories(SquashFsVolume volume) : DirectoryListing<Directory, DirectoryCursor>(volume.Indexes)
{
    private const int OwnWeight = 300;

    private readonly ParentDirectories _parents = new(volume);

    /// <summary>The directory that is shown as the root.</summary>
    public NodeId Root { get; set; }

    /// <inheritdoc/>
    protected override Directory OpenDirectory(NodeId directory)
    {
        Inode inode = volume.Inodes.Read(directory);
        if (inode.Type != NodeType.Directory)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR, $"inode {inode.Number}");
        }

        _parents.Note(inode, directory);
        return new Directory(volume, directory, inode);
    }

    /// <inheritdoc/>
    protected override DirectoryCursor Read(Directory directory, long position) => new(volume, directory, position);

    /// <inheritdoc/>
    protected override long Weigh(Directory directory) => OwnWeight;

    /// <inheritdoc/>
    protected override ulong FindInode(NodeId node) => volume.Inodes.Read(node).Number;

    /// <inheritdoc/>
    protected override NodeId FindParent(NodeId node, Directory directory) => node == Root ? node : _parents.Find(directory);

    /// <inheritdoc/>
    protected override void Note(NodeId directory, NodeId node) => _parents.NoteChild(directory, node);

    /// <inheritdoc/>
    protected override bool HasOwnLookup(Directory directory) => true;

    /// <inheritdoc/>
    protected override bool? TryLookUp(Directory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        var cursor = new DirectoryCursor(volume, directory, FindRun(directory, name));
        try
        {
            while (cursor.MoveNext())
            {
                if (name.SequenceEqual(cursor.Name))
                {
                    node = cursor.Node;
                    return true;
                }

                if (volume.HasSortedNames && name[0] < cursor.Name[0])
                {
                    break;
                }
            }

            // The name may be what cannot be read: that it does not exist would be a guess.
            return cursor.Damage is null ? false : throw cursor.Damage;
        }
        finally
        {
            cursor.Dispose();
        }
    }

    // The last header of those in the index whose first name does not come after the one that is looked for.
    private DirectoryRun FindRun(Directory directory, ReadOnlySpan<byte> name)
    {
        var run = new DirectoryRun(0, directory.Start);
        if (directory.Inode.IndexCount > 0)
        {
            var index = new DirectoryIndexReader(volume, directory);
            while (index.MoveNext() && index.Name.SequenceCompareTo(name) <= 0)
            {
                run = index.Run;
            }
        }

        return run;
    }
}
