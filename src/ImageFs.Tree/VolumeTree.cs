using System.Text;
using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>
/// Several file systems under one root, a directory each. A node id is that of the file system it is in, with the number of that
/// file system in its top byte; the root has number 0.
/// </summary>
public sealed class VolumeTree : FileSystem
{
    /// <summary>File systems that it holds at most.</summary>
    public const int MaxVolumes = 255;

    private const int NumberShift = 56;
    private const ulong OwnPart = (1UL << NumberShift) - 1;
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
        return new NodeId(Pack(number, fileSystem.RootOf(own).Value));
    }

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
        NodeAttributes attributes = fileSystem.GetAttributes(own);
        return attributes with { Inode = Pack(number, attributes.Inode) };
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
        node = found ? new NodeId(Pack(number, child.Value)) : default;
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

    private static ulong Pack(int number, ulong own) =>
        own <= OwnPart
            ? ((ulong)number << NumberShift) | own
            : throw new UnsupportedFeatureException($"node {own} of a file system beside others");

    private FileSystem Find(NodeId node, out int number, out NodeId own)
    {
        number = (int)(node.Value >> NumberShift);
        own = new NodeId(node.Value & OwnPart);
        return number >= 1 && number <= _volumes.Count
            ? _volumes[number - 1].FileSystem
            : throw new InvalidImageException("node", (long)own.Value, $"it is of file system {number}, and there are {_volumes.Count}");
    }

    private NodeId RootOf(int number) => new(Pack(number, _volumes[number - 1].FileSystem.Root.Value));

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
            NodeId node = leadsOut ? tree.Root : new NodeId(Pack(number, entry.Node.Value));
            ulong inode = leadsOut ? tree.Root.Value : Pack(number, entry.Inode);
            return sink.Add(new DirectoryEntry(entry.Name, node, entry.Type, entry.NextPosition, inode));
        }
    }
}
