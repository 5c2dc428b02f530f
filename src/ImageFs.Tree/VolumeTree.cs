using System.Text;
using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>
/// Several file systems under one root, a directory each. A node id is that of the file system it is in, with the number of that
/// file system by <see cref="TreeLevel.Volume"/>; the root has number 0.
/// </summary>
public sealed class VolumeTree : FileSystem
{
    /// <summary>File systems that it holds at most.</summary>
    public const int MaxVolumes = 255;

    private const uint RootPermissions = 0x16D; // r-xr-xr-x
    private const uint StatisticsBlockSize = 4096;

    // Entry numbers of the root's listing: ".", "..", then the volumes.
    private const int FirstVolumeEntry = 2;

    private readonly List<(byte[] Name, FileSystem FileSystem)> _volumes;

    /// <param name="volumes">The file systems, each with the name of its directory; 1 to <see cref="MaxVolumes"/>.</param>
    public VolumeTree(IEnumerable<(string Name, FileSystem FileSystem)> volumes)
    {
        _volumes = [.. volumes.Select(volume => (Encoding.UTF8.GetBytes(volume.Name), volume.FileSystem))];
        ArgumentOutOfRangeException.ThrowIfZero(_volumes.Count, nameof(volumes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_volumes.Count, MaxVolumes, nameof(volumes));
    }

    /// <summary>File systems that it holds.</summary>
    public int Count => _volumes.Count;

    /// <summary>Their names, for people.</summary>
    public string Listing => string.Join(", ", _volumes.Select(volume => Encoding.UTF8.GetString(volume.Name)));

    /// <inheritdoc/>
    public override string Format => "volumes";

    /// <inheritdoc/>
    public override NodeId Root => new(1);

    /// <inheritdoc/>
    public override NodeId RootOf(NodeId node)
    {
        if (node == Root)
        {
            return Root;
        }

        FileSystem fileSystem = Find(node, out int number, out NodeId own);
        return Pack(number, fileSystem.RootOf(own));
    }

    /// <inheritdoc/>
    /// <remarks>Each volume is verified by itself.</remarks>
    public override FileSystemChecks Checks => FileSystemChecks.None;

    /// <inheritdoc/>
    public override bool MayChange => _volumes.Exists(volume => volume.FileSystem.MayChange);

    /// <inheritdoc/>
    public override bool IsFixed(NodeId node) => node == Root || Find(node, out _, out NodeId own).IsFixed(own);

    /// <inheritdoc/>
    public override bool HasBirthTimes => _volumes.Exists(volume => volume.FileSystem.HasBirthTimes);

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => _volumes.Exists(volume => volume.FileSystem.HasExtendedAttributes);

    /// <inheritdoc/>
    /// <remarks>The sums of all.</remarks>
    public override FileSystemStatistics Statistics
    {
        get
        {
            ulong blocks = 0;
            ulong free = 0;
            ulong files = 0;
            ulong freeFiles = 0;
            foreach ((_, FileSystem fileSystem) in _volumes)
            {
                FileSystemStatistics part = fileSystem.Statistics;
                blocks += part.Blocks * part.BlockSize / StatisticsBlockSize;
                free += part.FreeBlocks * part.BlockSize / StatisticsBlockSize;
                files += part.Files;
                freeFiles += part.FreeFiles;
            }

            return new FileSystemStatistics
            {
                BlockSize = StatisticsBlockSize,
                Blocks = blocks,
                FreeBlocks = free,
                Files = files,
                FreeFiles = freeFiles,
                MaxNameLength = 255,
            };
        }
    }

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        var description = new ImageDescription(Format);
        description.Children.AddRange(_volumes.Select(volume => volume.FileSystem.Describe()));
        return description;
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        if (node == Root)
        {
            return new NodeAttributes
            {
                Type = NodeType.Directory,
                Permissions = RootPermissions,
                Inode = node.Value,
                LinkCount = (uint)_volumes.Count + 2,
                BlockSize = StatisticsBlockSize,
            };
        }

        FileSystem fileSystem = Find(node, out int number, out NodeId own);
        return Show(number, fileSystem.GetAttributes(own));
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry)
    {
        if (entry.Node == Root)
        {
            return GetAttributes(entry.Node);
        }

        FileSystem fileSystem = Find(entry.Node, out int number, out NodeId own);
        return Show(number, fileSystem.GetAttributes(entry with { Node = own }));
    }

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory)
    {
        if (directory != Root)
        {
            Find(directory, out _, out NodeId own).PrefetchNames(own);
        }
    }

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory)
    {
        if (directory != Root)
        {
            Find(directory, out _, out NodeId own).PrefetchAttributes(own);
        }
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        bool isParent = name.SequenceEqual(".."u8);
        if (directory == Root)
        {
            return TryLookupVolume(name, isParent, out node);
        }

        FileSystem fileSystem = Find(directory, out int number, out NodeId own);
        if (isParent && own == fileSystem.Root)
        {
            node = Root;
            return true;
        }

        bool found = fileSystem.TryLookup(own, name, out NodeId child);
        node = found ? Pack(number, child) : default;
        return found;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        if (directory == Root)
        {
            ReadRoot(position, sink);
            return;
        }

        FileSystem fileSystem = Find(directory, out int number, out NodeId own);
        fileSystem.ReadDirectory(own, position, new Sink(this, number, own == fileSystem.Root, sink));
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => Find(node, out _, out NodeId own).ReadLink(own);

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => Find(node, out _, out NodeId own).OpenFile(own);

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) =>
        node == Root ? [] : Find(node, out _, out NodeId own).ListExtendedAttributes(own);

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) =>
        node == Root ? null : Find(node, out _, out NodeId own).GetExtendedAttribute(own, name);

    private static NodeId Pack(int number, NodeId own) => TreeLevel.Volume.Enter(own, (ulong)number);

    private static NodeAttributes Show(int number, in NodeAttributes attributes) =>
        attributes with { Inode = TreeLevel.Volume.Inode(attributes.Inode, (ulong)number) };

    private FileSystem Find(NodeId node, out int number, out NodeId own)
    {
        number = (int)TreeLevel.Volume.NumberOf(node);
        own = TreeLevel.Volume.Leave(node);
        return number >= 1 && number <= _volumes.Count
            ? _volumes[number - 1].FileSystem
            : throw new InvalidImageException("node", (long)own.Value, $"it is of file system {number}, and there are {_volumes.Count}");
    }

    private NodeId RootOf(int number) => Pack(number, _volumes[number - 1].FileSystem.Root);

    private bool TryLookupVolume(ReadOnlySpan<byte> name, bool isParent, out NodeId node)
    {
        node = Root;
        if (isParent || name.SequenceEqual("."u8))
        {
            return true;
        }

        for (int number = 1; number <= _volumes.Count; number++)
        {
            if (name.SequenceEqual(_volumes[number - 1].Name))
            {
                node = RootOf(number);
                return true;
            }
        }

        return false;
    }

    private void ReadRoot(long position, IDirectorySink sink)
    {
        for (long entry = position; entry < FirstVolumeEntry + _volumes.Count; entry++)
        {
            int number = (int)entry - FirstVolumeEntry + 1;
            ReadOnlySpan<byte> name = entry switch
            {
                0 => "."u8,
                1 => ".."u8,
                _ => _volumes[number - 1].Name,
            };
            NodeId node = entry < FirstVolumeEntry ? Root : RootOf(number);
            ulong inode = entry < FirstVolumeEntry ? Root.Value : GetAttributes(node).Inode;
            if (!sink.Add(new DirectoryEntry(name, node, NodeType.Directory, entry + 1, inode)))
            {
                return;
            }
        }
    }

    private sealed class Sink(VolumeTree tree, int number, bool isVolumeRoot, IDirectorySink sink) : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry)
        {
            bool leadsOut = isVolumeRoot && entry.Name.SequenceEqual(".."u8);
            return sink.Add(leadsOut
                ? entry with { Node = tree.Root, Inode = tree.Root.Value, Record = default }
                : entry with { Node = Pack(number, entry.Node), Inode = TreeLevel.Volume.Inode(entry.Inode, (ulong)number) });
        }
    }
}
