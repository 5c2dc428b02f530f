using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs;

/// <summary>
/// A file system as a FUSE session serves it. Node ids are the format's own, but for the root, which the kernel knows as 1.
/// </summary>
internal sealed class MountedImage(FileSystem fileSystem) : FuseFileSystem
{
    /// <inheritdoc/>
    public override bool HasBirthTimes => fileSystem.HasBirthTimes;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => fileSystem.HasExtendedAttributes;

    /// <inheritdoc/>
    public override bool MayChange => fileSystem.MayChange;

    /// <inheritdoc/>
    public override bool IsFixed(ulong nodeId) => fileSystem.IsFixed(ToNode(nodeId));

    /// <inheritdoc/>
    public override bool TryLookup(ulong parent, ReadOnlySpan<byte> name, out FuseNode node)
    {
        bool found = fileSystem.TryLookup(ToNode(parent), name, out NodeId id);
        node = found ? Describe(id) : default;
        return found;
    }

    /// <inheritdoc/>
    public override FuseNode GetNode(ulong nodeId) => Describe(ToNode(nodeId));

    /// <inheritdoc/>
    public override void ReadDirectory(ulong directory, long position, IFuseDirectorySink sink) =>
        fileSystem.ReadDirectory(ToNode(directory), position, new Sink(this, sink));

    /// <inheritdoc/>
    public override byte[] ReadLink(ulong nodeId) => fileSystem.ReadLink(ToNode(nodeId));

    /// <inheritdoc/>
    public override BlockSource OpenFile(ulong nodeId) => fileSystem.OpenFile(ToNode(nodeId));

    /// <inheritdoc/>
    public override FuseStatFs GetStatFs()
    {
        FileSystemStatistics statistics = fileSystem.Statistics;
        return new FuseStatFs(
            statistics.BlockSize, statistics.Blocks, statistics.FreeBlocks, statistics.Files, statistics.FreeFiles, statistics.MaxNameLength);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(ulong nodeId) => fileSystem.ListExtendedAttributes(ToNode(nodeId));

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(ulong nodeId, ReadOnlySpan<byte> name) =>
        fileSystem.GetExtendedAttribute(ToNode(nodeId), name);

    private NodeId ToNode(ulong nodeId) => nodeId == RootId ? fileSystem.Root : new NodeId(nodeId);

    private ulong ToFuse(NodeId node) => node == fileSystem.Root ? RootId : node.Value;

    private FuseNode Describe(NodeId node)
    {
        NodeAttributes attributes = fileSystem.GetAttributes(node);
        return new FuseNode
        {
            NodeId = ToFuse(node),
            Attributes = new FuseAttr
            {
                Ino = attributes.Inode,
                Size = (ulong)attributes.Size,
                Blocks = (ulong)attributes.Blocks,
                Atime = unchecked((ulong)attributes.AccessTime.Seconds),
                AtimeNsec = attributes.AccessTime.Nanoseconds,
                Mtime = unchecked((ulong)attributes.ModifyTime.Seconds),
                MtimeNsec = attributes.ModifyTime.Nanoseconds,
                Ctime = unchecked((ulong)attributes.ChangeTime.Seconds),
                CtimeNsec = attributes.ChangeTime.Nanoseconds,
                Mode = ((uint)attributes.Type << 12) | attributes.Permissions,
                Nlink = attributes.LinkCount,
                Uid = attributes.Uid,
                Gid = attributes.Gid,
                Rdev = Encode(attributes.Device),
                Blksize = attributes.BlockSize,
            },
            HasBirthTime = attributes.BirthTime.HasValue,
            BirthSeconds = attributes.BirthTime?.Seconds ?? 0,
            BirthNanoseconds = attributes.BirthTime?.Nanoseconds ?? 0,
        };
    }

    // The kernel's new_encode_dev (linux/kdev_t.h): 12 bits of major, 20 of minor.
    private static uint Encode(DeviceNumber device) =>
        (device.Minor & 0xFF) | ((device.Major & 0xFFF) << 8) | ((device.Minor & 0xFFF00) << 12);

    private sealed class Sink(MountedImage image, IFuseDirectorySink sink) : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry) =>
            sink.Add(entry.Name, image.ToFuse(entry.Node), (uint)entry.Type, entry.Inode, entry.NextPosition);
    }
}
