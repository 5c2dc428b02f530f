using ImageFs.FileSystems.Btrfs.Checks;
using ImageFs.FileSystems.Btrfs.Directories;
using ImageFs.FileSystems.Btrfs.Files;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>
/// A Btrfs file system, as Linux shows it. A node is the number of its inode; one of a subvolume inside the one that is shown has the number
/// of that, too (<see cref="TreeLevel.Subvolume"/>).
/// </summary>
internal sealed class BtrfsFileSystem : FileSystem
{
    private const int SectorShift = 9;

    // PATH_MAX with the NUL that Linux puts behind it.
    private const int MaxLink = 4095;

    private readonly BtrfsVolume _volume;
    private readonly BtrfsDirectories _directories;
    private readonly ExtendedAttributes _attributes;
    private readonly Lazy<FileSystemStatistics> _statistics;

    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public BtrfsFileSystem(BtrfsVolume volume, BtrfsOptions options)
    {
        _volume = volume;
        _statistics = new Lazy<FileSystemStatistics>(() => BtrfsStatistics.Count(volume), LazyThreadSafetyMode.PublicationOnly);
        _attributes = new ExtendedAttributes(options.AccessControlLists);
        _directories = new BtrfsDirectories(volume);
        _directories.Open(Root);
    }

    /// <inheritdoc/>
    public override string Format => "btrfs";

    /// <inheritdoc/>
    public override NodeId Root => new(_volume.Shown.RootDirectory);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => _statistics.Value;

    /// <inheritdoc/>
    public override bool HasBirthTimes => true;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new() { SharedBytes = SharedBytes.Any, Structures = new BtrfsChecks(_volume.Devices).All };

    /// <inheritdoc/>
    public override ImageDescription Describe() => BtrfsDescription.Make(_volume);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        Subvolume subvolume = _volume.SubvolumeOf(node);
        Span<byte> bytes = stackalloc byte[InodeItem.Size];
        if (BtrfsVolume.IsStub(node))
        {
            BtrfsVolume.ReadInode(subvolume, BtrfsVolume.ParentOfStub(node).Value, bytes);
            return DescribeStub(node, new InodeItem(bytes));
        }

        ulong address = BtrfsVolume.ReadInode(subvolume, node.Value, bytes);
        var inode = new InodeItem(bytes);
        return new NodeAttributes
        {
            Type = TypeOf(subvolume, node, inode, address),
            Permissions = inode.Mode & 0xFFFu,
            Inode = BtrfsVolume.InodeNumberOf(node),
            LinkCount = inode.LinkCount,
            Uid = inode.Uid,
            Gid = inode.Gid,
            Device = inode.Type is NodeType.CharacterDevice or NodeType.BlockDevice ? inode.Device : default,
            Size = SizeOf(subvolume, node, inode, address),
            Blocks = (long)(RoundUp(inode.Bytes) >> SectorShift),
            BlockSize = (uint)_volume.Geometry.SectorSize,
            AccessTime = inode.AccessTime,
            ModifyTime = inode.ModifyTime,
            ChangeTime = inode.ChangeTime,
            BirthTime = inode.BirthTime,
        };
    }

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory) => _directories.PrefetchNames(directory);

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory) => _directories.PrefetchAttributes(directory);

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        ExtentFile contents = Open(node, NodeType.SymbolicLink, "readlink");
        if (contents.Length > MaxLink)
        {
            throw _volume.SubvolumeOf(node).Tree.Damaged(
                "btrfs_inode_item", _volume.SubvolumeOf(node).Tree.Root.Address, $"the symbolic link of inode {node.Value} has {contents.Length} bytes");
        }

        byte[] target = new byte[contents.Length];
        contents.ReadAt(0, target);
        return target;
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => Open(node, NodeType.Regular, "read");

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) =>
        BtrfsVolume.IsStub(node) ? [] : _attributes.List(_volume.SubvolumeOf(node).Tree, node.Value);

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) =>
        BtrfsVolume.IsStub(node) ? null : _attributes.Get(_volume.SubvolumeOf(node).Tree, node.Value, name);

    // As Linux makes it up (new_simple_dir); the times of a change, which there are that of the look, are those of the directory that names it.
    private NodeAttributes DescribeStub(NodeId node, InodeItem parent) => new()
    {
        Type = NodeType.Directory,
        Permissions = 0x1ED, // rwxr-xr-x
        Inode = BtrfsVolume.InodeNumberOf(node),
        LinkCount = 1,
        Uid = parent.Uid,
        Gid = parent.Gid,
        BlockSize = (uint)_volume.Geometry.SectorSize,
        AccessTime = parent.AccessTime,
        ModifyTime = parent.ModifyTime,
        ChangeTime = parent.ChangeTime,
    };

    private ExtentFile Open(NodeId node, NodeType type, string call)
    {
        Subvolume subvolume = _volume.SubvolumeOf(node);
        if (BtrfsVolume.IsStub(node))
        {
            throw WrongType.Of(call, NodeType.Directory, $"inode {node.Value}");
        }

        Span<byte> bytes = stackalloc byte[InodeItem.Size];
        ulong address = BtrfsVolume.ReadInode(subvolume, node.Value, bytes);
        var inode = new InodeItem(bytes);
        return inode.Type == type
            ? new ExtentFile(_volume, subvolume, node.Value, SizeOf(subvolume, node, inode, address), !inode.Flags.HasFlag(InodeFlags.NoDataSum))
            : throw WrongType.Of(call, inode.Type, $"inode {node.Value}");
    }

    private static NodeType TypeOf(Subvolume subvolume, NodeId node, InodeItem inode, ulong address) => FileTypes.NumberOf(inode.Type) != 0
        ? inode.Type
        : throw subvolume.Tree.Damaged("btrfs_inode_item", address, $"the mode of inode {node.Value} is 0x{inode.Mode:X}, which is of no type of file");

    private static long SizeOf(Subvolume subvolume, NodeId node, InodeItem inode, ulong address) => inode.Length <= long.MaxValue
        ? (long)inode.Length
        : throw subvolume.Tree.Damaged("btrfs_inode_item", address, $"the size of inode {node.Value} is {inode.Length}");

    private ulong RoundUp(ulong bytes)
    {
        ulong mask = (uint)_volume.Geometry.SectorSize - 1;
        return bytes > ulong.MaxValue - mask ? ulong.MaxValue & ~mask : (bytes + mask) & ~mask;
    }
}
