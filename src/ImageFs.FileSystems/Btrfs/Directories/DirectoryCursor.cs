using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.FileSystems.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Directories;

/// <summary>
/// Goes through the names of a directory in the order in which they were made (DIR_INDEX). The index of a name, less those of "." and "..", is
/// its position, as the kernel has it.
/// </summary>
/// <param name="volume">The file system.</param>
/// <param name="directory">The directory.</param>
/// <param name="position">Where to begin.</param>
internal ref struct DirectoryCursor(BtrfsVolume volume, Directory directory, long position) : IDirectoryCursor
{
    // BTRFS_DIR_START_INDEX.
    private const int FirstIndex = 2;

    private const string Structure = "btrfs_dir_item";

    private TreeCursor _cursor = directory.Subvolume.Tree.Open();
    private bool _hasBegun;
    private UnreachableEntries? _unreachable;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <inheritdoc/>
    public readonly uint Hash => NameHash.Of(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public NodeId Node { get; private set; }

    /// <inheritdoc/>
    public NodeType Type { get; private set; }

    /// <inheritdoc/>
    public readonly ulong Inode => BtrfsVolume.InodeNumberOf(Node);

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Record => [];

    /// <inheritdoc/>
    public long Position { get; private set; } = position;

    /// <inheritdoc/>
    public long NextPosition { get; private set; } = position;

    /// <inheritdoc/>
    public Exception? Damage { get; private set; }

    /// <inheritdoc/>
    public readonly Exception? Unreachable => _unreachable?.Error;

    /// <inheritdoc/>
    public readonly NameMatch Match(ReadOnlySpan<byte> name) => name.SequenceEqual(Name) ? NameMatch.Same : NameMatch.None;

    /// <inheritdoc/>
    public readonly void Dispose() => _cursor.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        while (TryMove())
        {
            TreeKey key = _cursor.Key;
            if (key.ObjectId != directory.Inode || key.Type != ItemType.DirIndex)
            {
                return false;
            }

            if (key.Offset > long.MaxValue / 2)
            {
                throw directory.Subvolume.Tree.Damaged(Structure, _cursor.Address, $"its index is {key.Offset}");
            }

            Position = (long)key.Offset - FirstIndex;
            NextPosition = Position + 1;
            if (TryTake())
            {
                return true;
            }
        }

        return false;
    }

    private bool TryMove()
    {
        if (_hasBegun)
        {
            return _cursor.MoveNext();
        }

        _hasBegun = true;
        return directory.Inode != 0 && _cursor.SeekFirst(new TreeKey(directory.Inode, ItemType.DirIndex, (ulong)Position + FirstIndex));
    }

    private bool TryTake()
    {
        ReadOnlySpan<byte> bytes = _cursor.Data;
        try
        {
            DirItem item = DirItem.Take(directory.Subvolume.Tree, _cursor.Address, ref bytes);
            if (EntryName.FindProblem(item.Name) is { } problem)
            {
                (_unreachable ??= new UnreachableEntries()).Add("directory entry", (long)_cursor.Address, problem, Structure);
                return false;
            }

            Name = item.Name;
            Node = volume.FindNode(directory, item, _cursor.Address);
            Type = item.Type;
            return true;
        }
        catch (ImageException e)
        {
            Damage ??= e;
            return false;
        }
    }
}
