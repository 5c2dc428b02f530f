using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf;

/// <summary>A UDF file system, as Linux's udf shows it. A node is the block that its ICB begins with.</summary>
internal sealed class UdfFileSystem : FileSystem
{
    private const uint MaxNameLength = 254;
    private const ulong MostBlocks = 1UL << 40;
    private const int BlocksUnit = 512;

    // Earlier ones have no extended file entries, and so no streams.
    private const ushort FirstRevisionWithStreams = 0x0200;

    private readonly UdfVolume _volume;
    private readonly NamedStreams _streams;
    private readonly UdfDirectories _directories;
    private readonly Lazy<ulong> _freeBlocks;

    public UdfFileSystem(UdfVolume volume)
    {
        _volume = volume;
        _streams = new NamedStreams(volume);
        _directories = new UdfDirectories(volume);
        _freeBlocks = new Lazy<ulong>(CountFreeBlocks);
        Root = UdfNode.Of(volume.FileSet.RootDirectory.Start);
        if (GetAttributes(Root).Type != NodeType.Directory)
        {
            using var block = new PooledBuffer(volume.BlockSize);
            throw volume.ReadFileEntry(UdfNode.ToIcb(Root), block.Span).Invalid("it is the root's, and not that of a directory");
        }
    }

    /// <inheritdoc/>
    public override string Format => "udf";

    /// <inheritdoc/>
    public override NodeId Root { get; }

    /// <inheritdoc/>
    public override bool HasBirthTimes => true;

    /// <inheritdoc/>
    /// <remarks>They are the named streams.</remarks>
    public override bool HasExtendedAttributes => _volume.Revision >= FirstRevisionWithStreams;

    /// <inheritdoc/>
    /// <remarks>Of the partition that the file set is in, as in Linux.</remarks>
    public override FileSystemStatistics Statistics
    {
        get
        {
            ushort partition = _volume.FileSetLocation.Partition;
            ulong free = _freeBlocks.Value;
            return new FileSystemStatistics
            {
                BlockSize = (uint)_volume.BlockSize,
                Blocks = _volume.Descriptors.FindPartition(_volume.Maps[partition].Number).PartitionLength,
                FreeBlocks = free,
                Files = ((ulong)(_volume.Integrity?.Files ?? 0)) + (_volume.Integrity?.Directories ?? 0) + free,
                FreeFiles = free,
                MaxNameLength = MaxNameLength,
            };
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// What is written as a whole has one extent for files that are alike, and 3D Blu-ray's have parts of one another. What is written file
    /// by file has not.
    /// </remarks>
    public override FileSystemChecks Checks => new()
    {
        SharedBytes = _volume.Descriptors.FindPartition(_volume.Maps[_volume.FileSetLocation.Partition].Number).IsReadOnly ? SharedBytes.Parts : SharedBytes.None,
        Structures =
        [
            ImplantedCheck.Of((_volume.Image as SessionSource)?.Image ?? _volume.Image),
            new Check("volume descriptor sequences", run => VolumeDescriptorSequence.Check(_volume.Image, _volume.Descriptors.Anchor, run)),
            new Check("space bitmaps"),
        ],
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => UdfDescription.Make(_volume);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        LogicalBlock icb = UdfNode.ToIcb(node);
        FileEntry entry = _volume.ReadFileEntry(icb, block.Span);
        NodeType type = FindType(entry);
        if (entry.LinkCount == 0 && !_volume.Options.ShowDeleted)
        {
            throw entry.Invalid("no name leads to it: its link count is 0");
        }

        bool isLink = type == NodeType.SymbolicLink;
        return new NodeAttributes
        {
            Type = type,
            Permissions = isLink ? 0x1FF : _volume.Options.FindPermissions(type, entry.Mode),
            Inode = _volume.FindNumber(icb),
            LinkCount = entry.LinkCount + (type == NodeType.Directory ? 1u : 0),
            Uid = _volume.Options.FindUser(entry.Uid),
            Gid = _volume.Options.FindGroup(entry.Gid),
            Device = type is NodeType.CharacterDevice or NodeType.BlockDevice ? ExtendedAttributes.ReadDevice(_volume, entry) : default,
            Size = isLink ? ReadTarget(entry).Length : entry.InformationLength,
            Blocks = (long)Math.Min(entry.BlocksRecorded, MostBlocks) * (_volume.BlockSize / BlocksUnit),
            BlockSize = (uint)_volume.BlockSize,
            AccessTime = entry.AccessTime,
            ModifyTime = entry.ModificationTime,
            ChangeTime = entry.AttributeTime,
            BirthTime = entry.CreationTime ?? ExtendedAttributes.ReadCreationTime(_volume, entry),
        };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        FileEntry entry = _volume.ReadFileEntry(UdfNode.ToIcb(node), block.Span);
        return entry.FileType == FileType.SymbolicLink
            ? ReadTarget(entry)
            : throw new LinuxException("readlink", Errno.EINVAL, UdfNode.Describe(node));
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        FileEntry entry = _volume.ReadFileEntry(UdfNode.ToIcb(node), block.Span);
        NodeType type = FindType(entry);
        return type == NodeType.Regular
            ? _volume.OpenContents(entry)
            : throw WrongType.Of("read", type, UdfNode.Describe(node));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        return _streams.List(_volume.ReadFileEntry(UdfNode.ToIcb(node), block.Span));
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        return _streams.Get(_volume.ReadFileEntry(UdfNode.ToIcb(node), block.Span), name);
    }

    private static NodeType FindType(FileEntry entry) => entry.FileType switch
    {
        FileType.Directory => NodeType.Directory,
        FileType.Regular or FileType.Unspecified or FileType.RealTime or FileType.VirtualAllocationTable => NodeType.Regular,
        FileType.BlockDevice => NodeType.BlockDevice,
        FileType.CharacterDevice => NodeType.CharacterDevice,
        FileType.Fifo => NodeType.Fifo,
        FileType.Socket => NodeType.Socket,
        FileType.SymbolicLink => NodeType.SymbolicLink,
        _ => throw entry.Invalid($"there is no file of type {(byte)entry.FileType} (4/14.6.6)"),
    };

    // The integrity descriptor tells, as in Linux; where it does not, the bitmap is counted. What is written once has no free blocks.
    private ulong CountFreeBlocks()
    {
        PartitionMap map = _volume.Maps[_volume.FileSetLocation.Partition];
        if (map.Kind == PartitionKind.Virtual)
        {
            return 0;
        }

        ushort partition = _volume.FindPhysical(map);
        uint told = _volume.Integrity?.FreeBlocks(partition) ?? 0;
        if (told != 0)
        {
            return told;
        }

        try
        {
            return SpaceBitmap.CountFree(_volume, partition, _volume.Descriptors.FindPartition(map.Number));
        }
        catch (ImageException)
        {
            // statfs(2) does not fail for that: nothing is known to be free.
            return 0;
        }
    }

    private byte[] ReadTarget(FileEntry entry)
    {
        if (entry.InformationLength > SymbolicLinkTarget.MaxRecordedLength)
        {
            throw entry.Invalid($"the symbolic link has {entry.InformationLength} bytes");
        }

        byte[] components = new byte[entry.InformationLength];
        _volume.ReadAt(_volume.OpenContents(entry), 0, components);
        return SymbolicLinkTarget.Translate(components, _volume.Options.Charset)
            ?? throw entry.Invalid("the symbolic link's path components are damaged (4/14.16)");
    }
}
