using ImageFs.FileSystems.Btrfs.Compression;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>A file system that was found good: what its readers share.</summary>
internal sealed class BtrfsVolume
{
    // The nodes of the empty directories that stand for subvolumes are numbered by the directory that names them, and by the subvolume.
    private const ulong StubBit = 1UL << 63;
    private const int StubShift = 24;
    private const ulong MaxStubParent = (1UL << (63 - StubShift)) - 1;

    /// <param name="memory">Keeps what is read.</param>
    /// <param name="rootTree">The root tree.</param>
    /// <param name="shown">The subvolume that is shown.</param>
    /// <exception cref="ImageException">That cannot be read.</exception>
    public BtrfsVolume(MemoryBudget memory, Trees.Tree rootTree, ulong shown)
    {
        RootTree = rootTree;
        Geometry = rootTree.Reader.Geometry;
        Subvolumes = new SubvolumeTable(rootTree);
        Indexes = memory.Indexes.ForOwner();
        Decoded = memory.Decoded.ForOwner().ByAddress();
        Codecs = new ExtentCodecs(Geometry.SectorSize);
        Shown = Subvolumes.Get(shown);
    }

    /// <summary>The tree of trees.</summary>
    public Trees.Tree RootTree { get; }

    /// <summary>The subvolume that is shown where nobody says which.</summary>
    public required ulong DefaultSubvolume { get; init; }

    /// <summary>Data of files, by its logical address.</summary>
    public required FileData Data { get; init; }

    /// <summary>Its devices.</summary>
    public required DeviceSet Devices { get; init; }

    /// <summary>Whether trees that files do not need may be damaged (rescue=ignorebadroots).</summary>
    public bool IgnoresBadRoots { get; init; }

    public Geometry Geometry { get; }

    public SubvolumeTable Subvolumes { get; }

    /// <summary>The subvolume that is shown: the root directory is its.</summary>
    public Subvolume Shown { get; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>Extents that were decoded last.</summary>
    public DecodedBlocks Decoded { get; }

    public ExtentCodecs Codecs { get; }

    /// <summary>Whether a node is an empty directory that stands for a subvolume which is not there.</summary>
    public static bool IsStub(NodeId node) => (node.Value & StubBit) != 0;

    /// <summary>The subvolume that a node is in.</summary>
    /// <exception cref="ImageException">There is none, or it is damaged.</exception>
    public Subvolume SubvolumeOf(NodeId node) => TreeLevel.Subvolume.NumberOf(node) is > 0 and ulong id ? Subvolumes.Get(id) : Shown;

    /// <summary>The node of an inode.</summary>
    /// <param name="subvolume">The subvolume that it is in.</param>
    /// <param name="inode">Its number there.</param>
    /// <exception cref="UnsupportedFeatureException">The subvolume's number is too large.</exception>
    public NodeId NodeOf(ulong subvolume, ulong inode) => subvolume == Shown.Id ? new NodeId(inode)
        : subvolume <= TreeLevel.Subvolume.MaxNumber ? TreeLevel.Subvolume.Enter(new NodeId(inode), subvolume)
        : throw new UnsupportedFeatureException($"a subvolume of number {subvolume}, which is above {TreeLevel.Subvolume.MaxNumber}");

    /// <summary>The node of an empty directory that stands for a subvolume which is not there.</summary>
    /// <param name="directory">The directory that names it.</param>
    /// <param name="id">The subvolume.</param>
    /// <exception cref="UnsupportedFeatureException">The directory's number is too large.</exception>
    public static NodeId StubOf(NodeId directory, ulong id) => directory.Value <= MaxStubParent
        ? directory with { Value = StubBit | (directory.Value << StubShift) | (id & ((1UL << StubShift) - 1)) }
        : throw new UnsupportedFeatureException($"a subvolume in a directory of inode {directory.Value}, which is above {MaxStubParent}");

    /// <summary>The directory that names an empty one.</summary>
    public static NodeId ParentOfStub(NodeId stub) => stub with { Value = (stub.Value & ~StubBit) >> StubShift };

    /// <summary>
    /// The inode number that is shown of a node: its own in the subvolume that is shown. Numbers of other subvolumes begin anew, and there is
    /// one st_dev.
    /// </summary>
    public static ulong InodeNumberOf(NodeId node)
    {
        ulong own = IsStub(node) ? ObjectIds.EmptySubvolumeDirectory : node.Value;
        return TreeLevel.Subvolume.NumberOf(node) is > 0 and ulong id ? TreeLevel.Subvolume.Inode(own, id) : own;
    }

    /// <summary>What a name is of: an inode, the root directory of a nested subvolume, or an empty directory in the place of one.</summary>
    /// <param name="directory">The directory that has the name.</param>
    /// <param name="item">The name.</param>
    /// <param name="address">Its logical address, for messages.</param>
    /// <exception cref="ImageException">It is of something else, or what it is of is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public NodeId FindNode(Directories.Directory directory, DirItem item, ulong address)
    {
        TreeKey location = item.Location;
        if (location.Type == ItemType.InodeItem && location.ObjectId < StubBit)
        {
            return NodeOf(directory.Subvolume.Id, location.ObjectId);
        }

        if (location.Type != ItemType.RootItem)
        {
            throw directory.Subvolume.Tree.Damaged("btrfs_dir_item", address, $"its location is {location}");
        }

        return Subvolumes.FindNested(directory.Subvolume.Id, directory.Inode, item.Name, location.ObjectId) is { } nested
            ? NodeOf(nested.Id, nested.RootDirectory)
            : StubOf(directory.Node, location.ObjectId);
    }

    /// <summary>Reads an inode.</summary>
    /// <param name="subvolume">The subvolume.</param>
    /// <param name="inode">The inode's number.</param>
    /// <param name="bytes">Takes the item: <see cref="InodeItem.Size"/> bytes.</param>
    /// <returns>The logical address of the item.</returns>
    /// <exception cref="ImageException">There is none, or it is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ulong ReadInode(Subvolume subvolume, ulong inode, Span<byte> bytes)
    {
        using TreeCursor cursor = subvolume.Tree.Open();
        if (!cursor.TryFind(new TreeKey(inode, ItemType.InodeItem, 0)))
        {
            throw subvolume.Tree.Damaged("btrfs_inode_item", subvolume.Tree.Root.Address, $"there is none of inode {inode}");
        }

        if (cursor.Data.Length < InodeItem.Size)
        {
            throw subvolume.Tree.Damaged("btrfs_inode_item", cursor.Address, $"it has {cursor.Data.Length} bytes");
        }

        cursor.Data[..InodeItem.Size].CopyTo(bytes);
        return cursor.Address;
    }
}
