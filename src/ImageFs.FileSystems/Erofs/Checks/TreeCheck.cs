using ImageFs.FileSystems.Erofs.Directories;
using ImageFs.Storage.Checking;
using ImageFs.Tree;
using Directory = ImageFs.FileSystems.Erofs.Directories.Directory;

namespace ImageFs.FileSystems.Erofs.Checks;

/// <summary>
/// Holds directories and inodes to each other: names in order, "." and ".." right, types as the inodes have them, no directory with two names, as
/// many names as links, as many inodes as the super block counts.
/// </summary>
/// <param name="volume">The file system.</param>
/// <param name="run">Takes what is found.</param>
internal sealed class TreeCheck(ErofsVolume volume, CheckRun run)
{
    // What is remembered of directories, and of inodes with several links.
    private const int MaxRemembered = 1 << 21;

    private const string Entry = "erofs_dirent";

    private readonly ErofsDirectories _directories = new(volume);
    private readonly HashSet<ulong> _seen = [];
    private readonly Dictionary<ulong, (uint Links, uint Names)> _linked = [];
    private readonly Stack<(ulong Node, ulong Parent)> _pending = new();
    private ulong _inodes;
    private bool _isWhole = true;

    /// <summary>Does it.</summary>
    public void Run()
    {
        ulong root = volume.Geometry.RootNode;
        Enter(root, root);
        while (_isWhole && _pending.TryPop(out (ulong Node, ulong Parent) directory))
        {
            _isWhole &= run.Try(() => CheckDirectory(directory.Node, directory.Parent));
            if (_seen.Count + _linked.Count > MaxRemembered)
            {
                run.GiveUp($"there are more than {MaxRemembered} directories and inodes with several links");
                return;
            }
        }

        run.Extent = $"{_inodes} inodes";
        if (!_isWhole)
        {
            return;
        }

        foreach ((ulong node, (uint links, uint names)) in _linked)
        {
            if (links != names)
            {
                run.Find($"inode of node {node}", volume.ReadInode(new NodeId(node)).Address, $"it has {links} links, and {names} names lead to it");
            }
        }

        // The packed inode and the metabox are counted, and no name leads to them.
        ulong special = (volume.Geometry.PackedNode != 0 ? 1ul : 0) + (volume.Geometry.MetaboxNode != 0 ? 1ul : 0);
        if (volume.Geometry.Inodes < _inodes || volume.Geometry.Inodes > _inodes + special)
        {
            run.Find(SuperBlock.Structure, SuperBlock.Address, $"it counts {volume.Geometry.Inodes} inodes, and there are {_inodes}");
        }
    }

    private void Enter(ulong node, ulong parent)
    {
        _seen.Add(node);
        _inodes++;
        _pending.Push((node, parent));
    }

    private void CheckDirectory(ulong node, ulong parent)
    {
        Directory directory = _directories.Open(new NodeId(node));
        var cursor = new DirectoryCursor(volume, directory, 0);
        try
        {
            CheckEntries(directory, parent, ref cursor);
            if ((cursor.Damage ?? cursor.Unreachable) is { } damage)
            {
                run.Find(Finding.Of(damage));
                _isWhole = false;
            }
        }
        finally
        {
            cursor.Dispose();
        }
    }

    private void CheckEntries(Directory directory, ulong parent, ref DirectoryCursor cursor)
    {
        byte[] last = [];
        uint subdirectories = 0;
        int dots = 0;
        while (cursor.MoveNext())
        {
            ReadOnlySpan<byte> name = cursor.Name;
            if (last.Length > 0 && cursor.Position < directory.Size && name.SequenceCompareTo(last) <= 0)
            {
                run.Find($"directory of node {directory.Node.Value}", cursor.Position, "its names are not in the order of their bytes", Entry);
            }

            last = name.ToArray();
            if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                dots++;
                ulong expected = name.Length == 1 ? directory.Node.Value : parent;
                if (cursor.Node.Value != expected)
                {
                    run.Find(
                        $"directory of node {directory.Node.Value}", cursor.Position, $"\"{(name.Length == 1 ? "." : "..")}\" is node {cursor.Node.Value}, and not {expected}", Entry);
                }

                continue;
            }

            NodeId node = cursor.Node;
            NodeType type = cursor.Type;
            long position = cursor.Position;
            _isWhole &= run.Try(() => CheckChild(directory, node, type, position));
            subdirectories += type == NodeType.Directory ? 1u : 0;
        }

        if (dots != 2)
        {
            run.Find($"directory of node {directory.Node.Value}", 0, $"{dots} of \".\" and \"..\" are in it", Entry);
        }

        // 1 says that they were too many to count.
        if (directory.Inode.LinkCount != subdirectories + 2 && directory.Inode.LinkCount != 1)
        {
            run.Find($"inode of node {directory.Node.Value}", directory.Inode.Address, $"it has {directory.Inode.LinkCount} links, and {subdirectories} directories are in it");
        }
    }

    private void CheckChild(Directory directory, NodeId node, NodeType type, long position)
    {
        Inode inode = volume.ReadInode(node);
        if (inode.Type != type)
        {
            run.Find($"directory of node {directory.Node.Value}", position, $"node {node.Value} is said to be {type}, and its inode says {inode.Type}", Entry);
        }
        else if (type == NodeType.Directory && _seen.Contains(node.Value))
        {
            run.Find($"directory of node {directory.Node.Value}", position, $"it is the second that has the directory of node {node.Value}", Entry);
        }
        else if (type == NodeType.Directory)
        {
            Enter(node.Value, directory.Node.Value);
        }
        else if (inode.LinkCount == 1)
        {
            _inodes++;
        }
        else
        {
            uint names = _linked.TryGetValue(node.Value, out (uint Links, uint Names) known) ? known.Names : 0;
            _inodes += names == 0 ? 1ul : 0;
            _linked[node.Value] = (inode.LinkCount, names + 1);
        }
    }
}
