using ImageFs.FileSystems.Ext.Attributes;
using ImageFs.FileSystems.Ext.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext;

/// <summary>An ext2, ext3 or ext4 file system, as Linux's ext4 shows it. A node is the number of its inode.</summary>
internal sealed class ExtFileSystem : FileSystem
{
    private readonly ExtVolume _volume;
    private readonly byte[] _superBlock;
    private readonly ExtOptions _options;
    private readonly Lazy<FileSystemStatistics> _statistics;
    private readonly ExtDirectories _directories;

    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public ExtFileSystem(ExtVolume volume, byte[] superBlock, ExtOptions options)
    {
        _volume = volume;
        _superBlock = superBlock;
        _options = options;
        _statistics = new Lazy<FileSystemStatistics>(() =>
            ExtStatistics.Count(volume, new SuperBlock(superBlock), options), LazyThreadSafetyMode.PublicationOnly);
        _directories = new ExtDirectories(volume);
        _directories.Open(Root);
    }

    /// <inheritdoc/>
    public override string Format => ExtDescription.FindFormat(_volume.Geometry);

    /// <inheritdoc/>
    public override NodeId Root => new(InodeTable.Root);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => _statistics.Value;

    /// <inheritdoc/>
    public override bool HasBirthTimes => _volume.Geometry.InodeSize > Inode.GoodOldSize;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new()
    {
        SharedBytes = _volume.Geometry.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.SharedBlocks) ? SharedBytes.Any : SharedBytes.None,
        Structures = new ExtChecks(_volume, _superBlock).All,
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => ExtDescription.Make(_volume, new SuperBlock(_superBlock));

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = _volume.ReadInode(node, buffer.Span);
        return new NodeAttributes
        {
            Type = inode.Type,
            Permissions = inode.Mode & 0xFFFu,
            Inode = inode.Number,
            LinkCount = inode.LinksCount,
            Uid = inode.Uid,
            Gid = inode.Gid,
            Device = inode.Type is NodeType.CharacterDevice or NodeType.BlockDevice ? inode.Device : default,
            Size = SymbolicLink.IsEncrypted(inode) ? SymbolicLink.Read(_volume, inode).Length : _volume.SizeOf(inode),
            Blocks = _volume.SectorsOf(inode),
            BlockSize = (uint)_volume.Geometry.BlockSize,
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
        if (inode.Type != NodeType.SymbolicLink)
        {
            throw new LinuxException("readlink", Errno.EINVAL, $"inode {inode.Number}");
        }

        return SymbolicLink.Read(_volume, inode);
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = _volume.ReadInode(node, buffer.Span);
        if (inode.Type != NodeType.Regular)
        {
            throw WrongType.Of("read", inode.Type, $"inode {inode.Number}");
        }

        return inode.Flags.HasFlag(InodeFlags.Encrypted)
            ? throw new UnsupportedFeatureException($"encryption of inode {inode.Number}", "fscrypt")
            : _volume.OpenContents(inode);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        return _volume.Attributes.List(_volume.ReadInode(node, buffer.Span), IsShown);
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = _volume.ReadInode(node, buffer.Span);
        return ExtendedAttributeName.TrySplit(name, out byte index, out ReadOnlySpan<byte> rest) && IsShown(index)
            ? _volume.Attributes.Get(inode, index, rest)
            : null;
    }

    private bool IsShown(byte index) => index switch
    {
        ExtendedAttributeName.User => _options.UserAttributes,
        ExtendedAttributeName.PosixAclAccess or ExtendedAttributeName.PosixAclDefault => _options.AccessControlLists,
        _ => true,
    };
}
