using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>Where the entries of a directory are.</summary>
/// <param name="Address">The first.</param>
/// <param name="Length">Bytes of all.</param>
internal sealed record CramFsDirectory(long Address, long Length)
{
    /// <summary>Opens a directory.</summary>
    /// <exception cref="InvalidImageException">It leaves the file system.</exception>
    /// <exception cref="LinuxException">The node is none (ENOTDIR).</exception>
    public static CramFsDirectory Open(CramFsVolume volume, NodeId node)
    {
        Inode inode = volume.ReadInode(node);
        if (inode.Type != NodeType.Directory)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR, $"the inode at 0x{node.Value:X}");
        }

        return inode.Size <= Math.Max(0, volume.SuperBlock.Length - inode.Offset)
            ? new CramFsDirectory(inode.Offset, inode.Size)
            : throw CramFsVolume.Invalid(node, $"the {inode.Size} bytes of the directory at 0x{inode.Offset:X} leave the file system, which ends at 0x{volume.SuperBlock.Length:X}");
    }
}

/// <summary>The directories of a cramfs volume: inodes with their names, one after the other, without "." and "..".</summary>
/// <param name="volume">The volume.</param>
internal sealed class CramFsDirectories(CramFsVolume volume) : DirectoryListing<CramFsDirectory, DirectoryCursor>(volume.Indexes)
{
    private const int KnownParents = 4096;
    private const int MaxSearched = 1 << 16;

    private readonly SlotCache<NodeId, NodeId> _parents = new(KnownParents);

    /// <inheritdoc/>
    protected override int PositionUnit => Inode.Unit;

    /// <inheritdoc/>
    protected override CramFsDirectory OpenDirectory(NodeId directory) => CramFsDirectory.Open(volume, directory);

    /// <inheritdoc/>
    protected override DirectoryCursor Read(CramFsDirectory directory, long position) => new(volume, directory, position);

    /// <inheritdoc/>
    protected override void Note(NodeId directory, NodeId node)
    {
        if (!(_parents.TryFind(node, out NodeId known) && known == directory))
        {
            _parents.Add(node, directory);
        }
    }

    /// <inheritdoc/>
    protected override NodeId FindParent(NodeId node, CramFsDirectory directory) =>
        node == volume.Root ? node : _parents.TryFind(node, out NodeId parent) ? parent : SearchParent(node);

    // The directory that has the inode among its entries; of a volume with very many the root is as good.
    private NodeId SearchParent(NodeId node)
    {
        var pending = new Queue<NodeId>([volume.Root]);
        int searched = 0;
        while (pending.TryDequeue(out NodeId parent))
        {
            try
            {
                CramFsDirectory directory = OpenDirectory(parent);
                if ((long)node.Value >= directory.Address && (long)node.Value < directory.Address + directory.Length)
                {
                    Note(parent, node);
                    return parent;
                }

                using DirectoryCursor cursor = Read(directory, 0);
                while (++searched < MaxSearched && cursor.MoveNext())
                {
                    if (cursor.Type == NodeType.Directory)
                    {
                        pending.Enqueue(cursor.Node);
                    }
                }
            }
            catch (ImageException)
            {
                // It may be in another one.
            }
        }

        return volume.Root;
    }
}

/// <summary>Goes through the entries of a directory.</summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    private const string Structure = "cramfs inode";

    // A directory of which more is damaged ends there: each costs an exception.
    private const int MaxDamaged = 256;

    private readonly CramFsVolume _volume;
    private readonly CramFsDirectory _directory;
    private readonly PooledBuffer _name;
    private int _nameLength;
    private int _damaged;
    private UnreachableEntries? _unreachable;

    /// <param name="volume">The volume.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin, in bytes from its start.</param>
    public DirectoryCursor(CramFsVolume volume, CramFsDirectory directory, long position)
    {
        _volume = volume;
        _directory = directory;
        _name = new PooledBuffer(CramFs.Inode.MaxNameLength);
        NextPosition = position;
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _name.Span[.._nameLength];

    /// <inheritdoc/>
    public readonly uint Hash => NameHash.Of(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public readonly NodeId Node => new((ulong)(_directory.Address + Position));

    /// <inheritdoc/>
    public NodeType Type { get; private set; }

    /// <inheritdoc/>
    public readonly ulong Inode => Node.Value;

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Record => [];

    /// <inheritdoc/>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public long NextPosition { get; private set; }

    /// <inheritdoc/>
    public Exception? Damage { get; private set; }

    /// <inheritdoc/>
    public readonly Exception? Unreachable => _unreachable?.Error;

    /// <inheritdoc/>
    public readonly NameMatch Match(ReadOnlySpan<byte> name) => name.SequenceEqual(Name) ? NameMatch.Same : NameMatch.None;

    /// <inheritdoc/>
    public readonly void Dispose() => _name.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        while (NextPosition < _directory.Length && _damaged < MaxDamaged)
        {
            Position = NextPosition;
            Inode inode = _volume.ReadInode(Node);
            NextPosition = Position + CramFs.Inode.Length + inode.NameLength;
            if (TryTake(inode))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryTake(Inode inode)
    {
        if (inode.NameLength == 0 || NextPosition > _directory.Length)
        {
            Pass(CramFsVolume.Invalid(Node, inode.NameLength == 0 ? "it has no name" : "its name runs past the end of its directory"));
            return false;
        }

        _nameLength = inode.NameLength;
        _volume.Cache.ReadAt((long)Node.Value + CramFs.Inode.Length, _name.Span[.._nameLength]);
        _nameLength = Name.TrimEnd((byte)0).Length;
        if (EntryName.FindProblem(Name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add(Structure, (long)Node.Value, problem, SuperBlock.Clause);
            return false;
        }

        Type = inode.Type;
        if (Type == NodeType.Unknown)
        {
            Pass(CramFsVolume.Invalid(Node, "its type is none that there is"));
            return false;
        }

        return true;
    }

    private void Pass(Exception damage)
    {
        Damage ??= damage;
        _damaged++;
    }
}
