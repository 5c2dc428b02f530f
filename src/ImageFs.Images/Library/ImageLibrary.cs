using ImageFs.Images.Readers;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Library;

/// <summary>
/// A folder of images as one file system: its folders are folders, and every image in them is one, too. An image is opened when somebody
/// looks into it, and closed when nobody has for a while. What comes, goes or changes in the folder shows within a second.
/// </summary>
public sealed class ImageLibrary : FileSystem, IImageKeeper
{
    /// <summary>Images that are open at most.</summary>
    public const int MaxOpen = OpenImages.Max;

    private const uint ReadBits = 0x124; // r--r--r--
    private const uint BlockSize = 4096;

    // "." and ".." come before the entries, in the order of their numbers.
    private const int FirstEntry = 2;

    private readonly string? _leftOut;
    private readonly Lock _tableLock = new();
    private readonly List<LibraryEntry> _entries = [];
    private readonly Dictionary<string, LibraryEntry> _byPath = [];
    private readonly OpenImages _open;

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
        IdleTime = OpenImages.TakeIdleTime(options);
        _open = new OpenImages(context.WithCopiedOptions());
        options.Keep(new HashSet<string>());
        _leftOut = leftOut;
        _entries.Add(new LibraryEntry(1, null, path, status));
    }

    /// <summary>After how long without use an image is closed.</summary>
    public TimeSpan IdleTime { get; }

    /// <summary>The processes that read the images; null where this one does.</summary>
    public ImageReaders? Readers { get; init; }

    /// <summary>Folders and images that there may be: the rest of the numbers is for others.</summary>
    public int MaxCount { get; init; } = ImageNode.MaxNumber;

    /// <summary>Images that are open.</summary>
    public int OpenCount => _open.Count;

    /// <inheritdoc/>
    public override string Format => "images";

    /// <inheritdoc/>
    public override NodeId Root => ImageNode.Of(_entries[0]);

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
    public override bool IsFixed(NodeId node) => ImageNode.IsInside(node);

    /// <inheritdoc/>
    public override ImageDescription Describe() => new(Format);

    /// <inheritdoc/>
    /// <remarks>Each image is verified by itself.</remarks>
    public override FileSystemChecks Checks => FileSystemChecks.None;

    /// <inheritdoc/>
    public override NodeId RootOf(NodeId node)
    {
        if (!ImageNode.IsInside(node))
        {
            return node;
        }

        LibraryEntry image = Find(node);
        FileSystem fileSystem = Open(image);
        return ImageNode.Of(image, fileSystem, fileSystem.RootOf(ImageNode.InsideOf(node)));
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        LibraryEntry entry = Find(node);
        if (ImageNode.IsInside(node))
        {
            return Show(entry, Open(entry).GetAttributes(ImageNode.InsideOf(node)));
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
        if (!ImageNode.IsInside(entry.Node))
        {
            return GetAttributes(entry.Node);
        }

        LibraryEntry image = Find(entry.Node);
        return Show(image, Open(image).GetAttributes(entry with { Node = ImageNode.InsideOf(entry.Node) }));
    }

    /// <inheritdoc/>
    /// <remarks>An image is not opened for that.</remarks>
    public override void PrefetchNames(NodeId directory)
    {
        if (ImageNode.IsInside(directory))
        {
            Find(directory).FileSystem?.PrefetchNames(ImageNode.InsideOf(directory));
        }
    }

    /// <inheritdoc/>
    /// <remarks>An image is not opened for that.</remarks>
    public override void PrefetchAttributes(NodeId directory)
    {
        if (Find(directory) is { IsFolder: false, FileSystem: { } fileSystem })
        {
            fileSystem.PrefetchAttributes(ImageNode.IsInside(directory) ? ImageNode.InsideOf(directory) : fileSystem.Root);
        }
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        LibraryEntry entry = Find(directory);
        bool isParent = name.SequenceEqual(".."u8);
        if (!ImageNode.IsInside(directory) && (isParent || name.SequenceEqual("."u8)))
        {
            node = ImageNode.Of(isParent ? entry.Parent : entry);
            return true;
        }

        if (entry.IsFolder)
        {
            LibraryEntry? found = Find(entry, ByteText.FromBytes(name));
            node = found is null ? default : ImageNode.Of(found);
            return found is not null;
        }

        FileSystem fileSystem = Open(directory, out NodeId inside);
        bool isFound = fileSystem.TryLookup(inside, name, out NodeId child);
        node = isFound ? ImageNode.Of(entry, fileSystem, child) : default;
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
        !ImageNode.IsInside(node) ? [] : Open(node, out NodeId inside).ListExtendedAttributes(inside);

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) =>
        !ImageNode.IsInside(node) ? null : Open(node, out NodeId inside).GetExtendedAttribute(inside, name);

    /// <summary>Closes the images that nobody has used for a while.</summary>
    /// <param name="idleTime">For how long.</param>
    /// <returns>Whether there were any.</returns>
    public bool CloseIdle(TimeSpan idleTime)
    {
        Readers?.CloseIdle(idleTime);
        return _open.CloseIdle(idleTime);
    }

    private static NodeAttributes Show(LibraryEntry image, in NodeAttributes attributes) =>
        attributes with { Inode = ImageNode.InodeOf(image, attributes.Inode) };

    private static ulong InodeOf(LibraryEntry entry) => ImageNode.InodeOf(entry, 0);

    private LibraryEntry Find(NodeId node)
    {
        int number = ImageNode.NumberOf(node);
        lock (_tableLock)
        {
            return number >= 1 && number <= _entries.Count ? _entries[number - 1] : throw new LinuxException("lookup", Errno.ESTALE);
        }
    }

    private LibraryEntry? Find(LibraryEntry folder, string name)
    {
        string path = Path.Combine(folder.Path, name);
        return path != _leftOut && HostListing.Find(folder.Path, name, HoldsImage) is { } status ? Number(folder, path, status) : null;
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
        if (_entries.Count == MaxCount)
        {
            throw new UnsupportedFeatureException($"a library of more than {MaxCount} folders and images");
        }
    }

    private void ReadFolder(LibraryEntry folder, long position, IDirectorySink sink)
    {
        if (position < 1 && !sink.Add(new DirectoryEntry("."u8, ImageNode.Of(folder), NodeType.Directory, 1, InodeOf(folder))))
        {
            return;
        }

        if (position < FirstEntry && !sink.Add(new DirectoryEntry(".."u8, ImageNode.Of(folder.Parent), NodeType.Directory, FirstEntry, InodeOf(folder.Parent))))
        {
            return;
        }

        IEnumerable<LibraryEntry> entries =
            from found in HostListing.List(folder.Path, HoldsImage)
            let path = Path.Combine(folder.Path, found.Name)
            where path != _leftOut
            select Number(folder, path, found.Status);
        foreach (LibraryEntry entry in entries.OrderBy(entry => entry.Number).SkipWhile(entry => entry.Number + FirstEntry <= position))
        {
            byte[] name = ByteText.ToBytes(Path.GetFileName(entry.Path));
            if (!sink.Add(new DirectoryEntry(name, ImageNode.Of(entry), NodeType.Directory, entry.Number + FirstEntry, InodeOf(entry))))
            {
                return;
            }
        }
    }

    private FileSystem Open(NodeId node, out NodeId inside)
    {
        LibraryEntry image = Find(node);
        FileSystem fileSystem = Open(image);
        inside = ImageNode.IsInside(node) ? ImageNode.InsideOf(node) : fileSystem.Root;
        return fileSystem;
    }

    private FileSystem Open(LibraryEntry entry)
    {
        if (Readers is not null && entry.FileSystem is ReaderFileSystem { IsGone: true } gone)
        {
            _open.Close(entry, gone);
        }

        return _open.Get(entry, entry.Path, OpenImage);
    }

    private bool HoldsImage(string path) => Readers?.IsImage(path, _open.Warn) ?? HostListing.HoldsImage(path);

    private FileSystem OpenImage(LibraryEntry entry, OpenContext context)
    {
        // ESTALE makes the kernel look the path up again, and find the new image under its own number.
        FileStatus status = Files.Status(entry.Path);
        if (!entry.Is(status))
        {
            throw new LinuxException("open", Errno.ESTALE, entry.Path);
        }

        entry.Update(status);
        return Readers is null ? OpenHere(entry, context, in status) : OpenThere(entry, context, in status, Readers);
    }

    // Nobody disposes of the layers: a reply may still need them when the image is closed. Their descriptors close themselves.
    private static FileSystem OpenHere(LibraryEntry entry, OpenContext context, in FileStatus status)
    {
        ImageStack stack = ImageStack.Open(entry.Path, context.WithCopiedOptions());

        CheckIdentity(stack.Device, entry, in status);
        return stack.OpenFileSystem();
    }

    private static ReaderFileSystem OpenThere(LibraryEntry entry, OpenContext context, in FileStatus status, ImageReaders readers)
    {
        using FileDevice device = FileDevice.Open(entry.Path);
        CheckIdentity(device, entry, in status);
        return readers.Open(device, entry.Path, context.Warn);
    }

    // The permission to enter was checked for the file seen then, not for another that has taken its place.
    private static void CheckIdentity(Device? device, LibraryEntry entry, in FileStatus status)
    {
        if (device?.Identity != FileDevice.IdentityOf(in status))
        {
            throw new LinuxException("open", Errno.ESTALE, entry.Path);
        }
    }

    private sealed class Sink(LibraryEntry image, FileSystem fileSystem, bool isImageRoot, IDirectorySink sink) : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry)
        {
            bool leadsOut = isImageRoot && entry.Name.SequenceEqual(".."u8);
            NodeId node = leadsOut ? ImageNode.Of(image.Parent) : ImageNode.Of(image, fileSystem, entry.Node);
            ulong inode = ImageNode.IsInside(node) ? ImageNode.InodeOf(image, entry.Inode) : InodeOf(leadsOut ? image.Parent : image);
            return sink.Add(entry with { Node = node, Inode = inode });
        }
    }
}
