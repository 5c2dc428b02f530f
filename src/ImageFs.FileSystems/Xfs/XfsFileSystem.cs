using ImageFs.FileSystems.Xfs.Attributes;
using ImageFs.FileSystems.Xfs.Checks;
using ImageFs.FileSystems.Xfs.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs;

/// <summary>An XFS file system, as Linux shows it. A node is the number of its inode.</summary>
internal sealed class XfsFileSystem : FileSystem
{
    // What Linux gives where blocks are smaller: a page.
    private const int MinPreferredSize = 4096;

    private readonly XfsVolume _volume;
    private readonly byte[] _superBlock;
    private readonly ExtendedAttributes _attributes;
    private readonly XfsDirectories _directories;
    private readonly Lazy<FileSystemStatistics> _statistics;

    /// <param name="volume">The file system.</param>
    /// <param name="superBlock">Its super block.</param>
    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public XfsFileSystem(XfsVolume volume, byte[] superBlock)
    {
        _volume = volume;
        _superBlock = superBlock;
        _attributes = new ExtendedAttributes(volume);
        _directories = new XfsDirectories(volume);
        _statistics = new Lazy<FileSystemStatistics>(() => XfsStatistics.Count(volume), LazyThreadSafetyMode.PublicationOnly);
        _directories.Open(Root);
    }

    /// <inheritdoc/>
    public override string Format => XfsDescription.Format;

    /// <inheritdoc/>
    public override NodeId Root => new((ulong)_volume.Geometry.RootInode);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => _statistics.Value;

    /// <inheritdoc/>
    public override bool HasBirthTimes => _volume.Geometry.HasChecksums;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new()
    {
        Structures = new XfsChecks(_volume).All,
        SharedBytes = _volume.Geometry.HasSharedExtents ? SharedBytes.Any : SharedBytes.None,
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => XfsDescription.Make(_volume, new SuperBlock(_superBlock));

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = _volume.ReadInode(node, buffer.Span);
        return new NodeAttributes
        {
            Type = inode.Type,
            Permissions = inode.Mode & 0xFFFu,
            Inode = (ulong)inode.Number,
            LinkCount = inode.LinkCount,
            Uid = inode.Uid,
            Gid = inode.Gid,
            Device = inode.Type is NodeType.CharacterDevice or NodeType.BlockDevice ? inode.Device : default,
            Size = inode.Size,
            Blocks = (long)Math.Min(inode.Blocks, (ulong)(long.MaxValue / _volume.Geometry.BlockSize)) * (_volume.Geometry.BlockSize / XfsVolume.SectorSize),
            BlockSize = (uint)Math.Max(_volume.Geometry.BlockSize, MinPreferredSize),
            AccessTime = inode.AccessTime,
            ModifyTime = inode.ModifyTime,
            ChangeTime = inode.ChangeTime,
            BirthTime = inode.BirthTime,
        };
    }

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory) => _directories.Prefetch(directory);

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = _volume.ReadInode(node, buffer.Span);
        return inode.Type == NodeType.SymbolicLink
            ? SymbolicLink.Read(_volume, inode)
            : throw new LinuxException("readlink", Errno.EINVAL, $"inode {inode.Number}");
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = _volume.ReadInode(node, buffer.Span);
        return inode.Type == NodeType.Regular
            ? _volume.OpenContents(inode)
            : throw WrongType.Of("read", inode.Type, $"inode {inode.Number}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        return _attributes.List(_volume.ReadInode(node, buffer.Span));
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        return _attributes.Get(_volume.ReadInode(node, buffer.Span), name);
    }
}
