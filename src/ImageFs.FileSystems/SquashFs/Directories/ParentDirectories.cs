using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Directories;

/// <summary>
/// The parents of directories. An inode tells the number of its parent, not the place; before version 3 not even that. Mostly the parent was
/// opened before; if not, the table of inodes by their numbers tells, or a walk over all directories.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class ParentDirectories(SquashFsVolume volume)
{
    private const int Known = 4096;
    private const int MaxSearched = 1 << 20;

    private readonly bool _hasNumbers = volume.Super.Layout.HasNumbers;

    // Directories by their numbers; where there are none, parents by their children.
    private readonly SlotCache<ulong, NodeId> _known = new(Known);
    private readonly Lazy<Dictionary<NodeId, NodeId>> _all = new(() => Search(volume), LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>A directory was opened.</summary>
    public void Note(in Inode inode, NodeId node)
    {
        if (_hasNumbers)
        {
            Add(inode.Number, node);
        }
    }

    /// <summary>A name was found in a directory.</summary>
    public void NoteChild(NodeId directory, NodeId child)
    {
        if (!_hasNumbers)
        {
            Add(child.Value, directory);
        }
    }

    /// <summary>The parent of a directory.</summary>
    /// <exception cref="ImageException">It has none.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public NodeId Find(Directory directory)
    {
        if (directory.Node.Value == volume.Super.Root)
        {
            return directory.Node;
        }

        ulong key = _hasNumbers ? directory.Inode.Parent : directory.Node.Value;
        if (_known.TryFind(key, out NodeId parent) || (_hasNumbers && TryFindExported(directory.Inode.Parent, out parent))
            || _all.Value.TryGetValue(directory.Node, out parent))
        {
            _known.Add(key, parent);
            return parent;
        }

        throw InodeTable.Damaged(directory.Inode.Position, $"no directory is the parent of inode {directory.Inode.Number}");
    }

    private void Add(ulong key, NodeId node)
    {
        if (!_known.TryFind(key, out NodeId known) || known != node)
        {
            _known.Add(key, node);
        }
    }

    private bool TryFindExported(uint number, out NodeId node)
    {
        node = default;
        try
        {
            if (volume.Exports is not { } exports || !exports.TryFind(number, out node))
            {
                return false;
            }

            Inode inode = volume.Inodes.Read(node);
            return inode.Type == NodeType.Directory && inode.Number == number;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    private static Dictionary<NodeId, NodeId> Search(SquashFsVolume volume)
    {
        var root = new NodeId(volume.Super.Root);
        var parents = new Dictionary<NodeId, NodeId> { [root] = root };
        var waiting = new Queue<NodeId>([root]);
        while (waiting.TryDequeue(out NodeId node) && parents.Count < MaxSearched)
        {
            try
            {
                SearchIn(volume, node, parents, waiting);
            }
            catch (ImageException)
            {
                // What is in the others may be all that is wanted.
            }
        }

        return parents;
    }

    private static void SearchIn(SquashFsVolume volume, NodeId node, Dictionary<NodeId, NodeId> parents, Queue<NodeId> waiting)
    {
        var directory = new Directory(volume, node, volume.Inodes.Read(node));
        var cursor = new DirectoryCursor(volume, directory, 0);
        try
        {
            while (cursor.MoveNext())
            {
                if (cursor.Type == NodeType.Directory && parents.TryAdd(cursor.Node, node))
                {
                    waiting.Enqueue(cursor.Node);
                }
            }
        }
        finally
        {
            cursor.Dispose();
        }
    }
}
