using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Clusters;

/// <summary>
/// What FAT and exFAT have in common: a tree of directories whose entries tell everything of a file. A node is the address of its
/// directory entry in the volume, the root directory is node 1.
/// </summary>
internal abstract class ClusterFileSystem : FileSystem
{
    /// <summary>The longest directory of exFAT (exFAT 6). FAT allows 2 MiB, but there are writers that make longer ones.</summary>
    public const long MaxDirectoryLength = 256 * 1024 * 1024;

    private const ulong RootId = 1;
    private const int CachedBlockSize = 4096;
    private const int KnownParents = 16 * 1024;
    private const int OpenFiles = 64;
    private const int MaxSearched = 1 << 20;
    private const int MaxPrefetch = 16 * 1024;

    private readonly Directories _directories;

    // Which directory a cluster with directory entries belongs to.
    private readonly SlotCache<uint, NodeId> _parents = new(KnownParents);

    // To open a file costs following its chain, and several workers read from one.
    private readonly SlotCache<NodeId, BlockSource> _files = new(OpenFiles);
    private readonly IdleReaders _idleReaders = new();

    /// <param name="memory">Keeps its directories.</param>
    protected ClusterFileSystem(MemoryBudget memory) => _directories = new Directories(this, memory.Indexes.ForOwner());

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
    protected abstract ClusterOptions Options { get; }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    /// <remarks>The attributes of a directory tell how many others are in it, so who asks for them waits until it is read.</remarks>
    public override void PrefetchAttributes(NodeId directory)
    {
        try
        {
            if (_directories.GoThrough(directory, out ClusterDirectory opened).Subdirectories > 1)
            {
                PrefetchSubdirectories(opened);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who lists it gets the error.
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

    /// <summary>The hash that <see cref="DirectoryReader.Hash"/> is of a name.</summary>
    protected abstract uint HashName(ReadOnlySpan<byte> name);

    /// <summary>The address of a node's directory entry, in bytes from the start of the volume.</summary>
    protected static long ToAddress(NodeId node) =>
        (long)Math.Min(node.Value, long.MaxValue) & -EntryCursor.EntrySize;

    /// <summary>The attributes of a directory, without times.</summary>
    protected NodeAttributes DescribeDirectory(NodeId node, bool isReadOnly)
    {
        DirectoryFacts facts = _directories.GoThrough(node, out ClusterDirectory directory);
        return Describe(node, NodeType.Directory, directory.Contents.Length, Options.Permissions(NodeType.Directory, isReadOnly)) with
        {
            // Its name, its own entry, and each subdirectory's way back.
            LinkCount = facts.Subdirectories + 2,
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

    private void PrefetchSubdirectories(ClusterDirectory directory)
    {
        using DirectoryReader reader = Read(directory, 0);
        while (reader.MoveNext())
        {
            if (reader.Type == NodeType.Directory && Heap.Contains(reader.FirstCluster) && !_directories.IsOpen(reader.Node))
            {
                Source.Prefetch(Heap.AddressOf(reader.FirstCluster), Math.Min(Heap.ClusterSize, MaxPrefetch));
            }
        }
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

    private sealed class Directories(ClusterFileSystem owner, IndexShare kept) : DirectoryListing<ClusterDirectory, DirectoryReader>(kept)
    {
        protected override int PositionUnit => EntryCursor.EntrySize;

        public override uint Hash(ClusterDirectory directory, ReadOnlySpan<byte> name) => owner.HashName(name);

        protected override ClusterDirectory OpenDirectory(NodeId directory) => owner.LocateDirectory(directory);

        protected override DirectoryReader Read(ClusterDirectory directory, long position) => owner.Read(directory, position);

        protected override long Weigh(ClusterDirectory directory) => directory.Weight;

        protected override NodeId FindParent(NodeId node, ClusterDirectory directory) => owner.FindParent(node);

        protected override ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> name) => owner.TrimName(name);

        protected override void Note(NodeId directory, NodeId node) => owner.NoteParent(node, directory);
    }
}
