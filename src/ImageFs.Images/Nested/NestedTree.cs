using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Tree;

namespace ImageFs.Images.Nested;

/// <summary>
/// A tree, and beside every file in it that is an image a folder with what is in that: <c>filesystem.squashfs.d</c>. An image is opened when
/// somebody looks into its folder, and closed when nobody has for a while, or when too many are open. A name that is there already is left as it is.
/// </summary>
public sealed class NestedTree : FileSystem, IImageKeeper
{
    /// <summary>Of the numbers that tell images apart, those that a tree of images may have itself.</summary>
    public const int MaxCountOfOuter = 0x7FFF;

    private const uint ReadBits = 0x124; // r--r--r--
    private const uint BlockSize = 4096;

    // In a position: the folder beside the entry there was listed.
    private const long FolderListed = 1L << 62;

    private readonly FileSystem _inner;
    private readonly string _label;
    private readonly NestedOptions _options;
    private readonly NestedFolders _folders;
    private readonly OpenImages _open;

    /// <summary>Makes the tree; no image in it is looked at.</summary>
    /// <param name="inner">The tree; of a library, its numbers end at <see cref="MaxCountOfOuter"/>.</param>
    /// <param name="label">What it is called in messages.</param>
    /// <param name="context">What all share. What is left of the options is the caller's; how long an image stays open is taken here.</param>
    /// <param name="options">What the options say of images inside.</param>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public NestedTree(FileSystem inner, string label, OpenContext context, NestedOptions options)
    {
        _inner = inner;
        _label = label;
        _options = options;
        IdleTime = inner is IImageKeeper keeper ? keeper.IdleTime : OpenImages.TakeIdleTime(context.Options);

        // Whoever typed a passphrase did so for the image that is mounted.
        OpenContext own = context with { Options = new OptionList(), Keys = NoKeys.Instance };
        _open = new OpenImages(own);
        _folders = new NestedFolders(own, label, options.Depth, inner is IImageKeeper ? MaxCountOfOuter + 1 : 1);
    }

    /// <inheritdoc/>
    public TimeSpan IdleTime { get; }

    /// <inheritdoc/>
    public int OpenCount => _open.Count + ((_inner as IImageKeeper)?.OpenCount ?? 0);

    /// <inheritdoc/>
    public override string Format => _inner.Format;

    /// <inheritdoc/>
    public override NodeId Root => _inner.Root;

    /// <inheritdoc/>
    /// <remarks>Those of the tree around all: what is in images is not counted twice.</remarks>
    public override FileSystemStatistics Statistics => _inner.Statistics;

    /// <inheritdoc/>
    public override bool HasBirthTimes => true;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override bool MayChange => _inner.MayChange;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => _inner.Checks;

    /// <inheritdoc/>
    public bool CloseIdle(TimeSpan idleTime) => _open.CloseIdle(idleTime) | ((_inner as IImageKeeper)?.CloseIdle(idleTime) ?? false);

    /// <inheritdoc/>
    public override bool IsFixed(NodeId node) => _folders.Find(node) is not null || _inner.IsFixed(node);

    /// <inheritdoc/>
    public override ImageDescription Describe() => _inner.Describe();

    /// <inheritdoc/>
    public override NodeId RootOf(NodeId node)
    {
        if (IsFolder(node))
        {
            return node;
        }

        NestedPlace place = Enter(node);
        return ToNode(in place, place.FileSystem.RootOf(place.Own));
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        if (_folders.Find(node) is not { } image || ImageNode.IsInside(node))
        {
            NestedPlace place = Enter(node);
            return Show(in place, place.FileSystem.GetAttributes(place.Own));
        }

        // Who may read the image may look into it. The directories in it are not counted: 1 says so, as on Btrfs.
        NodeAttributes file = Enter(image.Directory).FileSystem.GetAttributes(image.File);
        uint readable = file.Permissions & ReadBits;
        return file with
        {
            Type = NodeType.Directory,
            Permissions = readable | (readable >> 2),
            Inode = ImageNode.InodeOf(image, 0),
            LinkCount = 1,
            Size = 0,
            Blocks = 0,
            BlockSize = BlockSize,
        };
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry)
    {
        if (IsFolder(entry.Node))
        {
            return GetAttributes(entry.Node);
        }

        NestedPlace place = Enter(entry.Node);
        return Show(in place, place.FileSystem.GetAttributes(entry with { Node = place.Own }));
    }

    /// <inheritdoc/>
    /// <remarks>An image is not opened for that.</remarks>
    public override void PrefetchNames(NodeId directory)
    {
        if (!IsFolder(directory))
        {
            NestedPlace place = Enter(directory);
            place.FileSystem.PrefetchNames(place.Own);
        }
    }

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory)
    {
        NestedPlace place = Enter(directory);
        place.FileSystem.PrefetchAttributes(place.Own);
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        bool isParent = name.SequenceEqual(".."u8);
        if (IsFolder(directory) && (isParent || name.SequenceEqual("."u8)))
        {
            node = isParent ? _folders.Find(directory)!.Directory : directory;
            return true;
        }

        NestedPlace place = Enter(directory);
        if (place.FileSystem.TryLookup(place.Own, name, out NodeId child))
        {
            node = ToNode(in place, child);
            return true;
        }

        NestedImage? folder = _folders.FindNamed(in place, name);
        node = folder is null ? default : ImageNode.Of(folder);
        return folder is not null;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        NestedPlace place = Enter(directory);
        long start = position & ~FolderListed;
        place.FileSystem.ReadDirectory(place.Own, start, new Sink(this, in place, sink, start, position != start));
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        NestedPlace place = Enter(node);
        return place.FileSystem.ReadLink(place.Own);
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        NestedPlace place = Enter(node);
        return place.FileSystem.OpenFile(place.Own);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        if (IsFolder(node))
        {
            return [];
        }

        NestedPlace place = Enter(node);
        return place.FileSystem.ListExtendedAttributes(place.Own);
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        if (IsFolder(node))
        {
            return null;
        }

        NestedPlace place = Enter(node);
        return place.FileSystem.GetExtendedAttribute(place.Own, name);
    }

    private static NodeId ToNode(in NestedPlace place, NodeId own) => place.Image is { } image ? ImageNode.Of(image, place.FileSystem, own) : own;

    private static NodeAttributes Show(in NestedPlace place, in NodeAttributes attributes) =>
        place.Image is { } image ? attributes with { Inode = ImageNode.InodeOf(image, attributes.Inode) } : attributes;

    // Whether it is a folder beside an image, which can be told of without a look into that.
    private bool IsFolder(NodeId node) => !ImageNode.IsInside(node) && _folders.Find(node) is not null;

    // Opens the image that a node is in.
    private NestedPlace Enter(NodeId node)
    {
        if (_folders.Find(node) is not { } image)
        {
            return new NestedPlace(null, _inner, node, node);
        }

        FileSystem fileSystem = _open.Get(image, $"{_label}{ImageLocation.Separator}{image.Trail}", OpenImage);
        return new NestedPlace(image, fileSystem, node, ImageNode.IsInside(node) ? ImageNode.InsideOf(node) : fileSystem.Root);
    }

    // Nobody disposes of the layers: they own nothing.
    private FileSystem OpenImage(NestedImage image, OpenContext context) =>
        ImageStack.Over(_folders.Open(image, Enter(image.Directory)), context with { Options = _options.Options.Copy() }).OpenFileSystem();

    private sealed class Sink(NestedTree tree, in NestedPlace place, IDirectorySink sink, long start, bool isFolderListed) : IDirectorySink
    {
        private readonly NestedPlace _place = place;

        // Where reading gives the next entry, and whether the folder beside that was listed.
        private long _start = start;
        private bool _isFolderListed = isFolderListed;

        public bool Add(in DirectoryEntry entry)
        {
            if ((entry.NextPosition & FolderListed) != 0)
            {
                throw new UnsupportedFeatureException($"position {entry.NextPosition} in a directory, with folders beside images");
            }

            if (!AddFolder(in entry) || !AddOwn(in entry))
            {
                return false;
            }

            _start = entry.NextPosition;
            _isFolderListed = false;
            return true;
        }

        private bool AddFolder(in DirectoryEntry entry)
        {
            if (_isFolderListed || tree._folders.FindListed(in _place, in entry) is not { } folder)
            {
                return true;
            }

            // No name is longer: else it would have no folder.
            Span<byte> name = stackalloc byte[entry.Name.Length + NestedFolders.Suffix.Length];
            entry.Name.CopyTo(name);
            NestedFolders.Suffix.CopyTo(name[entry.Name.Length..]);
            return sink.Add(new DirectoryEntry(name, ImageNode.Of(folder), NodeType.Directory, _start | FolderListed, ImageNode.InodeOf(folder, 0)));
        }

        private bool AddOwn(in DirectoryEntry entry)
        {
            if (_place.Image is not { } image)
            {
                return sink.Add(in entry);
            }

            if (entry.Name.SequenceEqual(".."u8) && _place.Own == _place.FileSystem.Root)
            {
                NodeId outside = image.Directory;
                return sink.Add(entry with { Node = outside, Inode = tree.GetAttributes(outside).Inode, Record = default });
            }

            NodeId node = ImageNode.Of(image, _place.FileSystem, entry.Node);
            return sink.Add(entry with { Node = node, Inode = ImageNode.InodeOf(image, ImageNode.IsInside(node) ? entry.Inode : 0) });
        }
    }
}
