using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Clusters;

/// <summary>
/// What FAT and exFAT have in common: a tree of directories whose entries tell everything of a file. A node is the address of its
/// directory entry in the volume, the root directory is node 1.
/// </summary>
/// <param name="memory">Keeps its directories.</param>
internal abstract class ClusterFileSystem(MemoryBudget memory) : FileSystem
{
    /// <summary>The longest directory of exFAT (exFAT 6). FAT allows 2 MiB, but there are writers that make longer ones.</summary>
    public const long MaxDirectoryLength = 256 * 1024 * 1024;

    private const ulong RootId = 1;
    private const int CachedBlockSize = 4096;
    private const int BuildLocks = 16;
    private const int KnownParents = 16 * 1024;
    private const int OpenFiles = 64;
    private const int MaxSearched = 1 << 20;
    private const int MaxPrefetch = 16 * 1024;

    // "." and ".." come first and have no entry of their own that counts.
    private const long PositionBehindDot = 1;
    private const long PositionBehindDots = 2;

    private readonly IndexShare _directories = memory.Indexes.ForOwner();

    // Which directory a cluster with directory entries belongs to.
    private readonly SlotCache<uint, NodeId> _parents = new(KnownParents);

    // To open a file costs following its chain, and several workers read from one.
    private readonly SlotCache<NodeId, BlockSource> _files = new(OpenFiles);
    private readonly IdleReaders _idleReaders = new();
    private readonly Lock[] _building = [.. Enumerable.Range(0, BuildLocks).Select(_ => new Lock())];

    /// <summary>The cache that a volume's structures are read through.</summary>
    public static BlockCache CacheFor(BlockSource source, MemoryBudget memory) => new(source, CachedBlockSize, memory.Blocks);

    /// <inheritdoc/>
    public override NodeId Root => new(RootId);

    /// <inheritdoc/>
    public override bool HasBirthTimes => true;

    /// <summary>The volume.</summary>
    protected abstract BlockSource Source { get; }

    /// <summary>The clusters of the volume.</summary>
    protected abstract ClusterHeap Heap { get; }

    /// <summary>What the format does not record.</summary>
    protected abstract OwnerOptions Options { get; }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        if (name is [(byte)'.'])
        {
            node = directory;
            return true;
        }

        if (name is [(byte)'.', (byte)'.'])
        {
            node = FindParent(directory);
            return true;
        }

        ClusterDirectory found = OpenDirectory(directory);
        name = TrimName(name);
        if (name.IsEmpty || !(found.IsIndexed ? TryFindIndexed(found, name, out node) : TryFindByReading(found, name, out node)))
        {
            node = default;

            // The name may be what cannot be read: that it does not exist would be a guess.
            return found.Damage is null || name.IsEmpty ? false : throw found.Damage;
        }

        NoteParent(node, directory);
        return true;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        ClusterDirectory opened = OpenDirectory(directory);
        bool hasAdded = position == 0;
        if (position == 0 && opened.Subdirectories > 1)
        {
            PrefetchSubdirectories(opened);
        }

        if (position < PositionBehindDot && !sink.Add(new DirectoryEntry("."u8, directory, NodeType.Directory, PositionBehindDot)))
        {
            return;
        }

        if (position < PositionBehindDots)
        {
            if (!sink.Add(new DirectoryEntry(".."u8, FindParent(directory), NodeType.Directory, PositionBehindDots)))
            {
                return;
            }

            hasAdded = true;
            position = 0;
        }

        using DirectoryReader reader = Read(opened, position <= PositionBehindDots ? 0 : position);
        while (reader.MoveNext())
        {
            NoteParent(reader.Node, directory);
            NodeId node = FindFirst(opened, reader);
            NodeType type = node == reader.Node ? reader.Type : NodeType.Unknown;
            if (!sink.Add(new DirectoryEntry(reader.Name, node, type, reader.NextPosition)))
            {
                return;
            }

            hasAdded = true;
        }

        // What could be read is handed over first; the next call, from the end on, fails.
        if (!hasAdded && (opened.Damage ?? opened.Unreachable) is { } damage)
        {
            throw damage;
        }
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        if (!_files.TryFind(node, out BlockSource file))
        {
            file = LocateFile(node);
            _files.Add(node, file);
        }

        return file;
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) =>
        throw new InvalidImageException("directory entry", ToAddress(node), "there are no symbolic links in this format");

    /// <summary>Makes a reader of directories.</summary>
    /// <param name="idle">Where the reader goes when it is no longer needed.</param>
    protected abstract DirectoryReader MakeReader(IdleReaders idle);

    /// <summary>Where the entries of a directory are.</summary>
    /// <exception cref="InvalidImageException">The node is no directory, or its entry is damaged.</exception>
    protected abstract ClusterDirectory LocateDirectory(NodeId directory);

    /// <summary>Where the contents of a file are.</summary>
    /// <exception cref="InvalidImageException">The node is no file, or its entry is damaged.</exception>
    protected abstract BlockSource LocateFile(NodeId node);

    /// <summary>The part of a name that counts when it is looked up.</summary>
    protected abstract ReadOnlySpan<byte> TrimName(ReadOnlySpan<byte> name);

    /// <summary>The hash that <see cref="DirectoryReader.NameHash"/> has for a name.</summary>
    protected abstract uint HashName(ReadOnlySpan<byte> name);

    /// <summary>The address of a node's directory entry, in bytes from the start of the volume.</summary>
    protected static long ToAddress(NodeId node) =>
        (long)Math.Min(node.Value, long.MaxValue) & -EntryCursor.EntrySize;

    /// <summary>A directory, from the cache or read now.</summary>
    protected ClusterDirectory OpenDirectory(NodeId id)
    {
        ClusterDirectory? directory = _directories.Find<ClusterDirectory>(id.Value);
        if (directory is not null)
        {
            return directory;
        }

        // One thread reads it, those that want the same wait: not each its own.
        lock (_building[(int)(id.Value / EntryCursor.EntrySize % BuildLocks)])
        {
            directory = _directories.Find<ClusterDirectory>(id.Value);
            if (directory is null)
            {
                directory = LocateDirectory(id);
                using DirectoryReader reader = Read(directory, 0);
                directory.Scan(reader, _directories.MaxBytes / sizeof(ulong));

                // A device that failed may recover: what it did not give is asked for again.
                if (directory.Damage is not LinuxException)
                {
                    _directories.Add(id.Value, directory, directory.Weight * (long)sizeof(ulong));
                }
            }

            return directory;
        }
    }

    /// <summary>The attributes of a directory, without times.</summary>
    protected NodeAttributes DescribeDirectory(NodeId node, bool isReadOnly)
    {
        ClusterDirectory directory = OpenDirectory(node);
        return Describe(node, NodeType.Directory, directory.Contents.Length, Options.Permissions(NodeType.Directory, isReadOnly)) with
        {
            // Its name, its own entry, and each subdirectory's way back.
            LinkCount = directory.Subdirectories + 2,
        };
    }

    /// <summary>The attributes of a file, without times.</summary>
    protected NodeAttributes DescribeFile(NodeId node, long size, bool isReadOnly, bool isExecutable = true) =>
        Describe(node, NodeType.Regular, size, Options.Permissions(NodeType.Regular, isReadOnly, isExecutable));

    /// <summary>A serial number as blkid writes it.</summary>
    protected static string ToUuid(uint serial) => $"{serial >> 16:X4}-{serial & 0xFFFF:X4}";

    private NodeAttributes Describe(NodeId node, NodeType type, long size, uint permissions) => new()
    {
        Type = type,
        Permissions = permissions,
        Inode = node.Value,
        LinkCount = 1,
        Uid = Options.UserId,
        Gid = Options.GroupId,
        Size = size,
        Blocks = Heap.CountFor(size) * (Heap.ClusterSize / 512),
        BlockSize = (uint)Heap.ClusterSize,
    };

    // The attributes of a directory tell how many others are in it: who asks for them waits until it is read.
    private void PrefetchSubdirectories(ClusterDirectory directory)
    {
        using DirectoryReader reader = Read(directory, 0);
        while (reader.MoveNext())
        {
            if (reader.Type == NodeType.Directory && Heap.Contains(reader.FirstCluster) && _directories.Find<ClusterDirectory>(reader.Node.Value) is null)
            {
                Source.Prefetch(Heap.AddressOf(reader.FirstCluster), Math.Min(Heap.ClusterSize, MaxPrefetch));
            }
        }
    }

    // A name is that of one file, however many entries have it: of the first, as in Linux.
    private NodeId FindFirst(ClusterDirectory directory, DirectoryReader reader) =>
        directory.IsRepeated(reader.NameHash) && TryFindIndexed(directory, reader.Name, out NodeId first) ? first : reader.Node;

    private bool TryFindIndexed(ClusterDirectory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        foreach (ulong entry in directory.Find(HashName(name)))
        {
            using DirectoryReader reader = Read(directory, ClusterDirectory.ToPosition(entry));
            if (reader.MoveNext() && reader.Matches(name))
            {
                node = reader.Node;
                return true;
            }
        }

        node = default;
        return false;
    }

    private bool TryFindByReading(ClusterDirectory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        using DirectoryReader reader = Read(directory, 0);
        while (reader.MoveNext())
        {
            if (reader.Matches(name))
            {
                node = reader.Node;
                return true;
            }
        }

        node = default;
        return false;
    }

    // Entries do not say which directory they are in. All that lie in one cluster are in the same.
    private void NoteParent(NodeId node, NodeId directory)
    {
        uint cluster = Heap.ClusterAt(ToAddress(node));
        if (cluster != 0 && !(_parents.TryFind(cluster, out NodeId known) && known == directory))
        {
            _parents.Add(cluster, directory);
        }
    }

    /// <summary>The directory that a directory is in. One that was not come by is searched for from the root.</summary>
    private NodeId FindParent(NodeId directory)
    {
        // What lies outside all clusters is the root directory of FAT12 and FAT16 (fatgen103 3.5).
        uint cluster = directory == Root ? 0 : Heap.ClusterAt(ToAddress(directory));
        return cluster == 0 ? Root : _parents.TryFind(cluster, out NodeId parent) ? parent : SearchParent(directory);
    }

    private NodeId SearchParent(NodeId directory)
    {
        // A damaged tree may lead back to itself, or have no end.
        var pending = new Queue<NodeId>([Root]);
        var seen = new HashSet<NodeId>();
        while (pending.TryDequeue(out NodeId parent))
        {
            using DirectoryReader? reader = TryRead(parent);
            while (reader is not null && reader.MoveNext())
            {
                if (reader.Node == directory)
                {
                    NoteParent(directory, parent);
                    return parent;
                }

                if (reader.Type == NodeType.Directory && seen.Count < MaxSearched && seen.Add(reader.Node))
                {
                    pending.Enqueue(reader.Node);
                }
            }
        }

        throw new InvalidImageException("directory entry", ToAddress(directory), "no directory has it");
    }

    private DirectoryReader Read(ClusterDirectory directory, long position)
    {
        DirectoryReader reader = _idleReaders.Take() ?? MakeReader(_idleReaders);
        reader.Begin(directory, position);
        return reader;
    }

    private DirectoryReader? TryRead(NodeId directory)
    {
        try
        {
            return Read(LocateDirectory(directory), 0);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }
}
