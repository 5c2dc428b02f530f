using ImageFs.FileSystems.Ext.Attributes;
using ImageFs.FileSystems.Ext.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;
using Directory = ImageFs.FileSystems.Ext.Directories.Directory;

namespace ImageFs.FileSystems.Ext;

/// <summary>An ext2, ext3 or ext4 file system, as Linux's ext4 shows it. A node is the number of its inode.</summary>
internal sealed class ExtFileSystem : FileSystem
{
    // A position after something damaged has this bit, so that the end of the directory is an error whoever asks for it.
    private const long DamagePassed = 1L << 62;

    // "." and ".." of an inline directory are no entries: they take the place of the number of the parent.
    private const long InlineParentPosition = 2;

    // Some 400 bytes each.
    private const int KnownDirectories = 256;

    private readonly ExtVolume _volume;
    private readonly byte[] _superBlock;
    private readonly ExtOptions _options;
    private readonly Lazy<FileSystemStatistics> _statistics;
    private readonly SlotCache<NodeId, Directory> _directories = new(KnownDirectories);

    // Of directories that were listed only, so that those listed in them do not drive them out.
    private readonly SlotCache<NodeId, RepeatedNames> _repeated = new(KnownDirectories);

    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public ExtFileSystem(ExtVolume volume, byte[] superBlock, ExtOptions options)
    {
        _volume = volume;
        _superBlock = superBlock;
        _options = options;
        _statistics = new Lazy<FileSystemStatistics>(() =>
            ExtStatistics.Count(volume, new SuperBlock(superBlock), options), LazyThreadSafetyMode.PublicationOnly);
        OpenDirectory(Root);
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
        Inode inode = ReadInode(node, buffer.Span);
        if (inode.Type == NodeType.Directory)
        {
            Prefetch(node, inode);
        }

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
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        Directory opened = OpenDirectory(directory);
        node = directory;
        if (name.SequenceEqual("."u8))
        {
            return true;
        }

        bool isFound = new DirectoryLookup(_volume, opened).TryFind(name, out uint inode);
        node = new NodeId(inode);
        return isFound;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        Directory opened = OpenDirectory(directory);
        bool isDamaged = (position & DamagePassed) != 0;
        position &= DamagePassed - 1;
        if (opened.IsInline && !TryAddInlineParents(opened, position, sink))
        {
            return;
        }

        RepeatedNames repeated = FindRepeated(directory, opened);
        using var buffer = new PooledBuffer(_volume.Geometry.BlockSize);
        var cursor = new DirectoryCursor(opened, _volume.Geometry, position, buffer.Span);
        bool hasAdded = opened.IsInline && position < opened.FirstEntry;
        while (cursor.MoveNext())
        {
            isDamaged |= (cursor.Damage ?? cursor.Unreachable) is not null;
            DirEntry entry = cursor.Current;
            long next = cursor.NextPosition | (isDamaged ? DamagePassed : 0);
            uint inode = repeated.InodeOf(cursor.Name) ?? entry.Inode;
            NodeType type = inode == entry.Inode ? entry.Type : NodeType.Unknown;
            if (!sink.Add(new DirectoryEntry(cursor.Name, new NodeId(inode), type, next)))
            {
                return;
            }

            hasAdded = true;
        }

        if (!hasAdded && (isDamaged || (cursor.Damage ?? cursor.Unreachable) is not null))
        {
            throw FindDamage(opened);
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = ReadInode(node, buffer.Span);
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
        Inode inode = ReadInode(node, buffer.Span);
        if (inode.Type != NodeType.Regular)
        {
            throw new LinuxException("read", inode.Type == NodeType.Directory ? Errno.EISDIR : Errno.EINVAL, $"inode {inode.Number}");
        }

        return inode.Flags.HasFlag(InodeFlags.Encrypted)
            ? throw new UnsupportedFeatureException($"encryption of inode {inode.Number}", "fscrypt")
            : _volume.OpenContents(inode);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        return _volume.Attributes.List(ReadInode(node, buffer.Span), IsShown);
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
        Inode inode = ReadInode(node, buffer.Span);
        return ExtendedAttributeName.TrySplit(name, out byte index, out ReadOnlySpan<byte> rest) && IsShown(index)
            ? _volume.Attributes.Get(inode, index, rest)
            : null;
    }

    private static bool TryAddInlineParents(Directory directory, long position, IDirectorySink sink)
    {
        if (position < InlineParentPosition
            && !sink.Add(new DirectoryEntry("."u8, new NodeId(directory.Number), NodeType.Directory, InlineParentPosition)))
        {
            return false;
        }

        return position >= directory.FirstEntry
            || sink.Add(new DirectoryEntry(".."u8, new NodeId(directory.InlineParent), NodeType.Directory, directory.FirstEntry));
    }

    private bool IsShown(byte index) => index switch
    {
        ExtendedAttributeName.User => _options.UserAttributes,
        ExtendedAttributeName.PosixAclAccess or ExtendedAttributeName.PosixAclDefault => _options.AccessControlLists,
        _ => true,
    };

    /// <summary>The first thing that is damaged in a directory of which it is known that something is.</summary>
    private Exception FindDamage(Directory directory)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.BlockSize);
        var cursor = new DirectoryCursor(directory, _volume.Geometry, 0, buffer.Span);
        while (cursor.Damage is null && cursor.MoveNext())
        {
        }

        return cursor.Damage ?? cursor.Unreachable ?? new InvalidImageException(
            $"directory of inode {directory.Number}", 0, "it cannot be read whole", Directory.Clause);
    }

    private RepeatedNames FindRepeated(NodeId node, Directory directory)
    {
        if (!_repeated.TryFind(node, out RepeatedNames repeated))
        {
            repeated = RepeatedNames.Find(_volume, directory);
            _repeated.Add(node, repeated);
        }

        return repeated;
    }

    private Directory OpenDirectory(NodeId node)
    {
        if (!_directories.TryFind(node, out Directory directory))
        {
            using var buffer = new PooledBuffer(_volume.Geometry.InodeSize);
            directory = new Directory(_volume, ReadInode(node, buffer.Span));
            _directories.Add(node, directory);
        }

        return directory;
    }

    // Who asks about a directory may go into it: a walk comes to all that a directory has.
    private void Prefetch(NodeId node, Inode inode)
    {
        if (_directories.TryFind(node, out _))
        {
            return;
        }

        try
        {
            var directory = new Directory(_volume, inode);
            directory.PrefetchEntries();
            _directories.Add(node, directory);
        }
        catch (ImageException)
        {
            // Who opens it gets the error.
        }
    }

    private Inode ReadInode(NodeId node, Span<byte> bytes)
    {
        uint number = node.Value <= uint.MaxValue ? (uint)node.Value : 0;
        return number < _volume.Geometry.FirstInode && number != InodeTable.Root
            ? throw new InvalidImageException(
                $"inode {number}", SuperBlock.Address, "it is reserved, and no file's", "ext4: Special inodes")
            : _volume.Inodes.Read(number, bytes);
    }
}
