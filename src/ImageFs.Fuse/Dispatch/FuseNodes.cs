using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// The nodes of a tree as the kernel knows them: by numbers of 64 bits, of which 1 is the root, and with attributes as the protocol has
/// them. Nothing else translates between the two.
/// </summary>
/// <param name="fileSystem">The tree.</param>
internal sealed class FuseNodes(FileSystem fileSystem)
{
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const uint BirthTime = 0x800; // STATX_BTIME

    private readonly NodeId _root = fileSystem.Root;
    private readonly NodeNumbers _numbers = new();

    /// <summary>The tree's node that the kernel means.</summary>
    public NodeId ToNode(ulong id) => id == FuseProtocol.RootId ? _root : _numbers.ToNode(id);

    /// <summary>The number that the kernel knows a node by.</summary>
    public ulong ToId(NodeId node) => node == _root ? FuseProtocol.RootId : _numbers.ToNumber(node);

    /// <summary>What the kernel is to know of a name.</summary>
    /// <param name="node">What it names.</param>
    /// <param name="attributes">What stat(2) says of that.</param>
    /// <param name="lifetime">For how long, in seconds.</param>
    public FuseEntryOut ToEntry(NodeId node, in NodeAttributes attributes, ulong lifetime) => new()
    {
        Nodeid = ToId(node),
        EntryValid = lifetime,
        AttrValid = lifetime,
        Attr = ToAttr(in attributes),
    };

    /// <summary>The answer to GETATTR.</summary>
    public static FuseAttr ToAttr(in NodeAttributes attributes) => new()
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
        Mode = ToMode(in attributes),
        Nlink = attributes.LinkCount,
        Uid = attributes.Uid,
        Gid = attributes.Gid,
        Rdev = Encode(attributes.Device),
        Blksize = attributes.BlockSize,
    };

    /// <summary>The answer to STATX.</summary>
    public static FuseStatx ToStatx(in NodeAttributes attributes) => new()
    {
        Mask = BasicStats | (attributes.BirthTime.HasValue ? BirthTime : 0),
        Blksize = attributes.BlockSize,
        Nlink = attributes.LinkCount,
        Uid = attributes.Uid,
        Gid = attributes.Gid,
        Mode = (ushort)ToMode(in attributes),
        Ino = attributes.Inode,
        Size = (ulong)attributes.Size,
        Blocks = (ulong)attributes.Blocks,
        Atime = ToTime(attributes.AccessTime),
        Btime = ToTime(attributes.BirthTime ?? default),
        Ctime = ToTime(attributes.ChangeTime),
        Mtime = ToTime(attributes.ModifyTime),
        RdevMajor = attributes.Device.Major & 0xFFF,
        RdevMinor = attributes.Device.Minor & 0xFFFFF,
    };

    private static uint ToMode(in NodeAttributes attributes) => ((uint)attributes.Type << 12) | attributes.Permissions;

    private static FuseSxTime ToTime(Timestamp time) => new() { TvSec = time.Seconds, TvNsec = time.Nanoseconds };

    // The kernel's new_encode_dev (linux/kdev_t.h): 12 bits of major, 20 of minor.
    private static uint Encode(DeviceNumber device) =>
        (device.Minor & 0xFF) | ((device.Major & 0xFFF) << 8) | ((device.Minor & 0xFFF00) << 12);
}
