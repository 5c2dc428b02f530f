using ImageFs.FileSystems.Erofs.Attributes;
using ImageFs.FileSystems.Erofs.Checks;
using ImageFs.FileSystems.Erofs.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs;

/// <summary>An EROFS file system, as Linux shows it. A node is where its inode is (nid).</summary>
internal sealed class ErofsFileSystem : FileSystem
{
    private const uint MaxName = 255;
    private const int SectorShift = 9;

    // PATH_MAX with the NUL that Linux puts behind it.
    private const int MaxLink = 4095;

    private readonly ErofsVolume _volume;
    private readonly ErofsDirectories _directories;
    private readonly ExtendedAttributes _attributes;

    /// <param name="volume">The file system.</param>
    /// <param name="options">The user's options.</param>
    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public ErofsFileSystem(ErofsVolume volume, ErofsOptions options)
    {
        _volume = volume;
        _directories = new ErofsDirectories(volume);
        _attributes = new ExtendedAttributes(volume, options);
        Inode root = volume.ReadInode(Root);
        if (root.Type != NodeType.Directory)
        {
            throw root.Damaged("it is the root, and no directory");
        }

        _directories.Open(Root);
    }

    /// <inheritdoc/>
    public override string Format => ErofsDescription.Format;

    /// <inheritdoc/>
    public override NodeId Root => new(_volume.Geometry.RootNode);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)_volume.Geometry.BlockSize,
        Blocks = _volume.Devices.Aggregate(_volume.Geometry.Blocks, static (sum, device) => sum + device.Blocks),
        Files = ulong.MaxValue,
        FreeFiles = ulong.MaxValue - _volume.Geometry.Inodes,
        MaxNameLength = MaxName,
    };

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new() { SharedBytes = SharedBytes.Any, Structures = new ErofsChecks(_volume).All };

    /// <inheritdoc/>
    public override ImageDescription Describe() => ErofsDescription.Make(_volume, Root);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        Inode inode = _volume.ReadInode(node);
        return new NodeAttributes
        {
            Type = inode.Type,
            Permissions = inode.Mode & 0xFFFu,
            Inode = NodeNumber.ToInode(node.Value, _volume.Geometry.HasMetabox),
            LinkCount = inode.LinkCount,
            Uid = inode.Uid,
            Gid = inode.Gid,
            Device = inode.Type is NodeType.CharacterDevice or NodeType.BlockDevice ? inode.Device : default,
            Size = inode.Size,
            Blocks = CountBlocks(in inode),
            BlockSize = (uint)_volume.Geometry.BlockSize,
            AccessTime = inode.Time,
            ModifyTime = inode.Time,
            ChangeTime = inode.Time,
        };
    }

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory) => _directories.PrefetchNames(directory);

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        Inode inode = Open(node, NodeType.SymbolicLink, "readlink");
        if (inode.Size > MaxLink)
        {
            throw inode.Damaged($"the symbolic link has {inode.Size} bytes");
        }

        byte[] target = new byte[inode.Size];
        _volume.OpenContents(in inode).ReadAt(0, target);
        int end = Array.IndexOf(target, (byte)0);
        return end < 0 ? target : target[..end];
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => _volume.OpenContents(Open(node, NodeType.Regular, "read"));

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) => _attributes.List(_volume.ReadInode(node));

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) => _attributes.Get(_volume.ReadInode(node), name);

    // As Linux counts: those of a compressed file, which its inode says; else what its bytes need.
    private long CountBlocks(in Inode inode)
    {
        int shift = _volume.Geometry.BlockBits;
        long blocks = inode.IsCompressed ? inode.Data : inode.Size == 0 ? 0 : ((inode.Size - 1) >> shift) + 1;
        return blocks << (shift - SectorShift);
    }

    private Inode Open(NodeId node, NodeType type, string call)
    {
        Inode inode = _volume.ReadInode(node);
        return inode.Type == type
            ? inode
            : throw WrongType.Of(call, inode.Type, $"node {node.Value}");
    }
}
