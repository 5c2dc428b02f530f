using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Library;

/// <summary>
/// A folder of images as one file system: its folders are folders, and every image in them is one, too. An image is opened when somebody
/// looks into it, and closed when nobody has for a while. What comes, goes or changes in the folder shows within a second.
/// </summary>
public sealed class ImageLibrary : FileSystem
{
    /// <summary>Images that are open at most.</summary>
    public const int MaxOpen = 32;

    private const int DefaultIdleSeconds = 60;
    private const uint ReadBits = 0x124; // r--r--r--
    private const uint BlockSize = 4096;

    // "." and ".." come before the entries, in the order of their numbers.
    private const int FirstEntry = 2;

    private readonly OpenContext _context;
    private readonly string? _leftOut;
    private readonly Lock _tableLock = new();
    private readonly List<LibraryEntry> _entries = [];
    private readonly Dictionary<string, LibraryEntry> _byPath = [];
    private readonly List<LibraryEntry> _open = [];

    /// <summary>Makes the library of a folder; no image is looked at.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="context">What all images are opened with: each takes the options that its formats know; what the library knows is taken here.</param>
    /// <param name="leftOut">A path that is left out: the mount point may be in the folder.</param>
    /// <exception cref="LinuxException">There is no such folder.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public ImageLibrary(string folder, OpenContext context, string? leftOut)
    {
        string path = Paths.Full(folder);
        FileStatus status = Files.Status(path);
        if (!status.IsDirectory)
        {
            throw new LinuxException("opendir", Errno.ENOTDIR, path);
        }

        OptionList options = context.Options;
        IdleTime = TimeSpan.FromSeconds(options.TakeNumber("idle", max: 24 * 60 * 60) ?? DefaultIdleSeconds);
        _context = context.WithCopiedOptions();
        options.Keep(new HashSet<string>());
        _leftOut = leftOut;
        _entries.Add(new LibraryEntry(1, null, path, status));
    }

    /// <summary>After how long without use an image is closed.</summary>
    public TimeSpan IdleTime { get; }

    /// <summary>Images that are open.</summary>
    public int OpenCount
    {
        get
        {
            lock (_tableLock)
            {
                return _open.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override string Format => "images";

    /// <inheritdoc/>
    public override NodeId Root => LibraryNode.Of(_entries[0]);

    /// <inheritdoc/>
    /// <remarks>Nobody can say without opening all images.</remarks>
    public override FileSystemStatistics Statistics => new() { BlockSize = BlockSize, Blocks = 0, MaxNameLength = 255 };

    /// <inheritdoc/>
    public override bool HasBirthTimes => true;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override bool MayChange => true;

    /// <inheritdoc/>
    public override bool IsFixed(NodeId node) => LibraryNode.IsInside(node);

    /// <inheritdoc/>
    public override ImageDescription Describe() => new(Format);

    /// <inheritdoc/>
    /// <remarks>Each image is verified by itself.</remarks>
    public override FileSystemChecks Checks => FileSystemChecks.None;

    /// <inheritdoc/>
    public override NodeId RootOf(NodeId node)
    {
        if (!LibraryNode.IsInside(node))
        {
            return node;
        }

        LibraryEntry image = Find(node);
        FileSystem fileSystem = Open(image);
        return ToNode(image, fileSystem, fileSystem.RootOf(LibraryNode.InsideOf(node)));
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        LibraryEntry entry = Find(node);
        if (LibraryNode.IsInside(node))
        {
            return Show(entry, Open(entry).GetAttributes(LibraryNode.InsideOf(node)));
        }

        // Who may read the image may look into it.
        FileStatus status = Files.Status(entry.Path);
        var time = new Timestamp(status.ModifySeconds, status.ModifyNanoseconds);
        uint readable = status.Mode & ReadBits;
        return new NodeAttributes
        {
            Type = NodeType.Directory,
            Permissions = readable | (readable >> 2),
            Inode = InodeOf(entry),
            LinkCount = 2,
            Uid = status.Uid,
            Gid = status.Gid,
            BlockSize = BlockSize,
            AccessTime = time,
            ModifyTime = time,
            ChangeTime = time,
        };
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry)
    {
        if (!LibraryNode.IsInside(entry.Node))
        {
            return GetAttributes(entry.Node);
        }

        LibraryEntry image = Find(entry.Node);
        return Show(image, Open(image).GetAttributes(entry with { Node = LibraryNode.InsideOf(entry.Node) }));
    }

    /// <inheritdoc/>
    /// <remarks>An image is not opened for that.</remarks>
    public override void PrefetchNames(NodeId directory)
    {
        if (LibraryNode.IsInside(directory))
        {
            Find(directory).FileSystem?.PrefetchNames(LibraryNode.InsideOf(directory));
        }
    }

    /// <inheritdoc/>
    /// <remarks>An image is not opened for that.</remarks>
    public override void PrefetchAttributes(NodeId directory)
    {
        if (Find(directory) is { IsFolder: false, FileSystem: { } fileSystem })
        {
            fileSystem.PrefetchAttributes(LibraryNode.IsInside(directory) ? LibraryNode.InsideOf(directory) : fileSystem.Root);
        }
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        LibraryEntry entry = Find(directory);
        bool isParent = name.SequenceEqual(".."u8);
        if (!LibraryNode.IsInside(directory) && (isParent || name.SequenceEqual("."u8)))
        {
            node = LibraryNode.Of(isParent ? entry.Parent : entry);
            return true;
        }

        if (entry.IsFolder)
        {
            LibraryEntry? found = Find(entry, ByteText.FromBytes(name));
            node = found is null ? default : LibraryNode.Of(found);
            return found is not null;
        }

        FileSystem fileSystem = Open(directory, out NodeId inside);
        bool isFound = fileSystem.TryLookup(inside, name, out NodeId child);
        node = isFound ? ToNode(entry, fileSystem, child) : default;
        return isFound;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        LibraryEntry entry = Find(directory);
        if (entry.IsFolder)
        {
            ReadFolder(entry, position, sink);
            return;
        }

        FileSystem fileSystem = Open(directory, out NodeId inside);
        fileSystem.ReadDirectory(inside, position, new Sink(entry, fileSystem, inside == fileSystem.Root, sink));
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => Open(node, out NodeId inside).ReadLink(inside);

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => Open(node, out NodeId inside).OpenFile(inside);

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) =>
        !LibraryNode.IsInside(node) ? [] : Open(node, out NodeId inside).ListExtendedAttributes(inside);

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) =>
        !LibraryNode.IsInside(node) ? null : Open(node, out NodeId inside).GetExtendedAttribute(inside, name);

    /// <summary>Closes the images that nobody has used for a while.</summary>
    /// <param name="idleTime">For how long.</param>
    /// <returns>Whether there were any.</returns>
    public bool CloseIdle(TimeSpan idleTime)
    {
        long before = Environment.TickCount64 - (long)idleTime.TotalMilliseconds;
        lock (_tableLock)
        {
            return _open.RemoveAll(entry =>
            {
                bool isIdle = entry.LastUse <= before;
                if (isIdle)
                {
                    entry.Close();
                }

                return isIdle;
            }) > 0;
        }
    }

    private static NodeAttributes Show(LibraryEntry image, in NodeAttributes attributes) =>
        attributes with { Inode = LibraryNode.InodeOf(image, attributes.Inode) };

    // Of a folder or an image's root: inside, no inode has the number 0.
    private static ulong InodeOf(LibraryEntry entry) => LibraryNode.InodeOf(entry, 0);

    private static NodeId ToNode(LibraryEntry entry, FileSystem fileSystem, NodeId inside) =>
        inside == fileSystem.Root ? LibraryNode.Of(entry) : LibraryNode.Of(entry, inside);

    private LibraryEntry Find(NodeId node)
    {
        int number = LibraryNode.NumberOf(node);
        lock (_tableLock)
        {
            return number >= 1 && number <= _entries.Count ? _entries[number - 1] : throw new LinuxException("lookup", Errno.ESTALE);
        }
    }

    private LibraryEntry? Find(LibraryEntry folder, string name)
    {
        string path = Path.Combine(folder.Path, name);
        return path != _leftOut && HostListing.Find(folder.Path, name) is { } status ? Number(folder, path, status) : null;
    }

    // What the kernel knows of an image that was replaced must not be taken for the new one, which gets a number of its own.
    private LibraryEntry Number(LibraryEntry folder, string path, FileStatus status)
    {
        lock (_tableLock)
        {
            if (_byPath.TryGetValue(path, out LibraryEntry? known) && known.Is(status))
            {
                if (!known.IsEntered)
                {
                    known.Update(status);
                }

                return known;
            }

            CheckRoom();
            var entry = new LibraryEntry(_entries.Count + 1, folder, path, status);
            _entries.Add(entry);
            return _byPath[path] = entry;
        }
    }

    private void CheckRoom()
    {
        if (_entries.Count == LibraryNode.MaxNumber)
        {
            throw new UnsupportedFeatureException($"a library of more than {LibraryNode.MaxNumber} folders and images");
        }
    }

    private void ReadFolder(LibraryEntry folder, long position, IDirectorySink sink)
    {
        if (position < 1 && !sink.Add(new DirectoryEntry("."u8, LibraryNode.Of(folder), NodeType.Directory, 1, InodeOf(folder))))
        {
            return;
        }

        if (position < FirstEntry && !sink.Add(new DirectoryEntry(".."u8, LibraryNode.Of(folder.Parent), NodeType.Directory, FirstEntry, InodeOf(folder.Parent))))
        {
            return;
        }

        IEnumerable<LibraryEntry> entries =
            from found in HostListing.List(folder.Path)
            let path = Path.Combine(folder.Path, found.Name)
            where path != _leftOut
            select Number(folder, path, found.Status);
        foreach (LibraryEntry entry in entries.OrderBy(entry => entry.Number).SkipWhile(entry => entry.Number + FirstEntry <= position))
        {
            byte[] name = ByteText.ToBytes(Path.GetFileName(entry.Path));
            if (!sink.Add(new DirectoryEntry(name, LibraryNode.Of(entry), NodeType.Directory, entry.Number + FirstEntry, InodeOf(entry))))
            {
                return;
            }
        }
    }

    private FileSystem Open(NodeId node, out NodeId inside)
    {
        LibraryEntry image = Find(node);
        FileSystem fileSystem = Open(image);
        inside = LibraryNode.IsInside(node) ? LibraryNode.InsideOf(node) : fileSystem.Root;
        return fileSystem;
    }

    private FileSystem Open(LibraryEntry entry)
    {
        if (entry.FileSystem is { } open)
        {
            return open;
        }

        lock (entry.Opening)
        {
            if (entry.FileSystem is { } openNow)
            {
                return openNow;
            }

            // ESTALE makes the kernel look the path up again, and find the new image under its own number.
            FileStatus status = Files.Status(entry.Path);
            if (!entry.Is(status))
            {
                throw new LinuxException("open", Errno.ESTALE, entry.Path);
            }

            entry.Update(status);
            MemoryBudget memory = _context.Memory.ForImage();
            try
            {
                FileSystem fileSystem = OpenImage(entry, FileDevice.IdentityOf(in status), memory);
                Register(entry, (fileSystem as VolumeTree)?.Count ?? 0);
                entry.Open(fileSystem, memory);
                return fileSystem;
            }
            catch
            {
                memory.Close();
                throw;
            }
        }
    }

    private FileSystem OpenImage(LibraryEntry entry, string identity, MemoryBudget memory)
    {
        void Warn(string message) => _context.Warn($"{entry.Path}: {message}");
        try
        {
            // Nobody disposes of the layers: a reply may still need them when the image is closed. Their descriptors close themselves.
            ImageStack stack = ImageStack.Open(entry.Path, _context.WithCopiedOptions() with { Warn = Warn, Memory = memory });

            // The permission to enter was checked for the file seen then, not for another that has taken its place.
            return stack.Device?.Identity == identity
                ? stack.OpenFileSystem()
                : throw new LinuxException("open", Errno.ESTALE, entry.Path);
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
            if (!entry.IsReported)
            {
                entry.IsReported = true;
                Warn(e.Message);
            }

            throw e is OptionException ? new UnsupportedFeatureException(e.Message) : e;
        }
    }

    private void Register(LibraryEntry entry, int volumes)
    {
        lock (_tableLock)
        {
            if (!entry.IsEntered)
            {
                entry.Enter(volumes);
            }
            else if (entry.Volumes != volumes)
            {
                // One of them could be read then, or can be now: the numbers are no longer theirs.
                throw new LinuxException("open", Errno.ESTALE, entry.Path);
            }

            if (_open.Count >= MaxOpen)
            {
                LibraryEntry leastUsed = _open.MinBy(open => open.LastUse)!;
                leastUsed.Close();
                _open.Remove(leastUsed);
            }

            _open.Add(entry);
        }
    }

    private sealed class Sink(LibraryEntry image, FileSystem fileSystem, bool isImageRoot, IDirectorySink sink) : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry)
        {
            bool leadsOut = isImageRoot && entry.Name.SequenceEqual(".."u8);
            NodeId node = leadsOut ? LibraryNode.Of(image.Parent) : ToNode(image, fileSystem, entry.Node);
            ulong inode = LibraryNode.IsInside(node) ? LibraryNode.InodeOf(image, entry.Inode) : InodeOf(leadsOut ? image.Parent : image);
            return sink.Add(entry with { Node = node, Inode = inode });
        }
    }
}
