using System.Globalization;
using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;
using DirectoryReader = ImageFs.FileSystems.Udf.Files.DirectoryReader;

namespace ImageFs.FileSystems.Udf;

/// <summary>A UDF file system, as Linux's udf shows it. A node is the block that its ICB begins with.</summary>
internal sealed class UdfFileSystem : FileSystem
{
    // A position after something damaged has this bit, so that the end of the directory is an error whoever asks for it.
    private const long DamagePassed = 1L << 62;

    // "." is no entry of a directory: the first one is at position 1.
    private const long FirstEntry = 1;

    // Smaller directories are gone through faster than an index is made.
    private const long MinIndexedDirectory = 16 * 1024;

    // No node is 0, or 1 as the root is for FUSE.
    private const ulong NodeBit = 1UL << 48;
    private const int PartitionShift = 32;

    private const int KnownDirectories = 256;
    private const int FewExtents = 16;

    private const uint MaxNameLength = 254;
    private const ulong MostBlocks = 1UL << 40;
    private const int BlocksUnit = 512;

    // Earlier ones have no extended file entries, and so no streams.
    private const ushort FirstRevisionWithStreams = 0x0200;

    private readonly UdfVolume _volume;
    private readonly NamedStreams _streams;
    private readonly IndexShare _indexes;
    private readonly Lock _indexing = new();
    private readonly SlotCache<NodeId, DirectoryFacts> _facts = new(KnownDirectories);
    private readonly Lazy<ulong> _freeBlocks;

    // Where the directories are that were last looked into; of those in many pieces, the last one.
    private readonly SlotCache<NodeId, MappedSource> _directories = new(KnownDirectories);
    private ScatteredDirectory? _scattered;

    public UdfFileSystem(UdfVolume volume)
    {
        _volume = volume;
        _streams = new NamedStreams(volume);
        _indexes = volume.Indexes;
        _freeBlocks = new Lazy<ulong>(CountFreeBlocks);
        Root = ToNode(volume.FileSet.RootDirectory.Start);
        if (GetAttributes(Root).Type != NodeType.Directory)
        {
            using var block = new PooledBuffer(volume.BlockSize);
            throw volume.ReadFileEntry(ToIcb(Root), block.Span).Invalid("it is the root's, and not that of a directory");
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
        LogicalBlock icb = ToIcb(node);
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
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = directory;
        if (name.SequenceEqual("."u8))
        {
            return true;
        }

        BlockSource contents = OpenDirectory(directory);
        DirectoryIndex? index = contents.Length < MinIndexedDirectory ? null : FindIndex(directory, contents);
        using var buffer = new PooledBuffer(DirectoryReader.BufferLength(_volume));
        if (index is not null)
        {
            foreach (ulong entry in index.Find(Hash(name)))
            {
                var reader = new DirectoryReader(_volume, contents, (long)DirectoryIndex.ToPosition(entry) * FileIdentifier.Alignment, buffer.Span);
                if (reader.MoveNext() && reader.Name.SequenceEqual(name))
                {
                    node = ToNode(reader.Icb);
                    return true;
                }
            }

            node = default;
            return index.Damage is null ? false : throw index.Damage;
        }

        var scan = new DirectoryReader(_volume, contents, 0, buffer.Span);
        while (scan.MoveNext())
        {
            if (scan.Name.SequenceEqual(name))
            {
                node = ToNode(scan.Icb);
                return true;
            }
        }

        // The name may be what cannot be read: that it does not exist would be a guess.
        node = default;
        return scan.Damage is null ? false : throw scan.Damage;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        BlockSource contents = OpenDirectory(directory);
        bool isDamaged = (position & DamagePassed) != 0;
        position &= ~DamagePassed;
        bool hasAdded = false;
        DirectoryFacts facts = FindFacts(directory, contents);
        if (position < FirstEntry)
        {
            if (!sink.Add(new DirectoryEntry("."u8, directory, NodeType.Directory, FirstEntry, FindNumber(ToIcb(directory)))))
            {
                return;
            }

            hasAdded = true;
            position = FirstEntry;
        }

        using var buffer = new PooledBuffer(DirectoryReader.BufferLength(_volume));
        var reader = new DirectoryReader(_volume, contents, position - FirstEntry, buffer.Span);
        while (facts.GoesOn(reader.NextPosition, hasAdded) && TryMoveNext(ref reader, hasAdded))
        {
            isDamaged |= (reader.Damage ?? reader.Unreachable) is not null;
            long next = (reader.NextPosition + FirstEntry) | (isDamaged ? DamagePassed : 0);
            LogicalBlock icb = reader.Icb;
            NodeType type = reader.Type;
            if (facts.HasRepeated)
            {
                FindFirst(directory, contents, reader.Name, ref icb, ref type);
            }

            if (!sink.Add(new DirectoryEntry(reader.Name, ToNode(icb), type, next, FindNumber(icb))))
            {
                return;
            }

            hasAdded = true;
        }

        if (!hasAdded && (isDamaged || (reader.Damage ?? reader.Unreachable) is not null) && FindDamage(directory, contents) is { } damage)
        {
            throw damage;
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        FileEntry entry = _volume.ReadFileEntry(ToIcb(node), block.Span);
        return entry.FileType == FileType.SymbolicLink
            ? ReadTarget(entry)
            : throw new LinuxException("readlink", Errno.EINVAL, Describe(node));
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        FileEntry entry = _volume.ReadFileEntry(ToIcb(node), block.Span);
        NodeType type = FindType(entry);
        return type == NodeType.Regular
            ? _volume.OpenContents(entry)
            : throw new LinuxException("read", type == NodeType.Directory ? Errno.EISDIR : Errno.EINVAL, Describe(node));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        return _streams.List(_volume.ReadFileEntry(ToIcb(node), block.Span));
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        return _streams.Get(_volume.ReadFileEntry(ToIcb(node), block.Span), name);
    }

    private static NodeId ToNode(LogicalBlock icb) => new(NodeBit | ((ulong)icb.Partition << PartitionShift) | icb.Block);

    private static LogicalBlock ToIcb(NodeId node) => new(unchecked((ushort)(node.Value >> PartitionShift)), unchecked((uint)node.Value));

    private static string Describe(NodeId node)
    {
        LogicalBlock icb = ToIcb(node);
        return string.Create(CultureInfo.InvariantCulture, $"file of block {icb.Block} in partition {icb.Partition}");
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

    private static bool TryMoveNext(ref DirectoryReader reader, bool hasAdded)
    {
        try
        {
            return reader.MoveNext();
        }
        catch (Exception e) when (hasAdded && e is ImageException or LinuxException)
        {
            // What came before is handed over first; the next call begins here and fails.
            return false;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        // Of a process's own: an image cannot be made of names that all have one.
        var hash = default(HashCode);
        hash.AddBytes(name);
        return unchecked((uint)hash.ToHashCode());
    }

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

    private MappedSource OpenDirectory(NodeId directory)
    {
        if (_directories.TryFind(directory, out MappedSource contents))
        {
            return contents;
        }

        if (_scattered is { } last && last.Directory == directory)
        {
            return last.Contents;
        }

        using var block = new PooledBuffer(_volume.BlockSize);
        FileEntry entry = _volume.ReadFileEntry(ToIcb(directory), block.Span);
        contents = entry.FileType == FileType.Directory
            ? _volume.OpenContents(entry)
            : throw new LinuxException("readdir", Errno.ENOTDIR, Describe(directory));
        if (contents.Length > _volume.Image.Length)
        {
            // Extents may lie over one another: a megabyte could claim entries without end.
            throw entry.Invalid($"the directory has {contents.Length} bytes, the image {_volume.Image.Length}");
        }

        if (contents.Extents.Extents.Length <= FewExtents)
        {
            _directories.Add(directory, contents);
        }
        else
        {
            _scattered = new ScatteredDirectory(directory, contents);
        }

        return contents;
    }

    /// <summary>The inode number of a listing: one of a damaged entry does not take its neighbours down.</summary>
    private ulong FindNumber(LogicalBlock icb)
    {
        try
        {
            return _volume.FindNumber(icb);
        }
        catch (ImageException)
        {
            return ToNode(icb).Value;
        }
    }

    private DirectoryIndex? FindIndex(NodeId directory, BlockSource contents)
    {
        DirectoryIndex? index = _indexes.Find<DirectoryIndex>(directory.Value);
        if (index is not null)
        {
            return index;
        }

        // One thread makes it, those that want the same wait: not each its own.
        lock (_indexing)
        {
            index = _indexes.Find<DirectoryIndex>(directory.Value);
            if (index is null && MakeIndex(contents) is { } made)
            {
                _indexes.Add(directory.Value, made, made.Bytes);
                index = made;
            }

            return index;
        }
    }

    /// <summary>
    /// Whether several entries may have one name: a lookup finds the first, as in Linux; a listing then has to give the first's node to
    /// all, or what the name leads to would depend on who asked last.
    /// </summary>
    private DirectoryFacts FindFacts(NodeId directory, BlockSource contents)
    {
        if (!_facts.TryFind(directory, out DirectoryFacts facts))
        {
            DirectoryIndex? index = contents.Length < MinIndexedDirectory ? MakeIndex(contents) : TryFindIndex(directory, contents);
            facts = index?.Facts ?? DirectoryFacts.None;
            _facts.Add(directory, facts);
        }

        return facts;
    }

    /// <summary>The index, for what can do without one: null where there is no memory for it, too.</summary>
    private DirectoryIndex? TryFindIndex(NodeId directory, BlockSource contents)
    {
        try
        {
            return FindIndex(directory, contents);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>What the first entry of a name is; as it was when that cannot be found.</summary>
    private void FindFirst(NodeId directory, BlockSource contents, ReadOnlySpan<byte> name, ref LogicalBlock icb, ref NodeType type)
    {
        using var buffer = new PooledBuffer(DirectoryReader.BufferLength(_volume));
        if (contents.Length >= MinIndexedDirectory)
        {
            foreach (ulong entry in TryFindIndex(directory, contents) is { } index ? index.Find(Hash(name)) : [])
            {
                var found = new DirectoryReader(_volume, contents, (long)DirectoryIndex.ToPosition(entry) * FileIdentifier.Alignment, buffer.Span);
                if (found.MoveNext() && found.Name.SequenceEqual(name))
                {
                    (icb, type) = (found.Icb, found.Type);
                    return;
                }
            }

            return;
        }

        var reader = new DirectoryReader(_volume, contents, 0, buffer.Span);
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual(name))
            {
                (icb, type) = (reader.Icb, reader.Type);
                return;
            }
        }
    }

    /// <summary>Null when the directory has too many entries, or the device failed: then a scan finds what there is.</summary>
    private DirectoryIndex? MakeIndex(BlockSource contents)
    {
        using var buffer = new PooledBuffer(DirectoryReader.BufferLength(_volume));
        var reader = new DirectoryReader(_volume, contents, 0, buffer.Span);
        var entries = new List<ulong>();
        ImageException? damage = null;
        try
        {
            while (reader.MoveNext())
            {
                long position = reader.Position / FileIdentifier.Alignment;
                if (entries.Count == _indexes.MaxBytesOfLatest / sizeof(ulong) || position > uint.MaxValue)
                {
                    return null;
                }

                entries.Add(DirectoryIndex.ToEntry(Hash(reader.Name), (uint)position));
            }
        }
        catch (ImageException e)
        {
            damage = e;
        }
        catch (LinuxException)
        {
            return null;
        }

        return new DirectoryIndex(entries, reader.Damage ?? damage) { Unreachable = reader.Unreachable };
    }

    /// <summary>The first thing that is damaged in a directory, or that no path leads to; null when all of it is sound.</summary>
    private ImageException? FindDamage(NodeId directory, BlockSource contents)
    {
        if (contents.Length >= MinIndexedDirectory && TryFindIndex(directory, contents) is { } index)
        {
            return index.Damage ?? index.Unreachable;
        }

        using var buffer = new PooledBuffer(DirectoryReader.BufferLength(_volume));
        var reader = new DirectoryReader(_volume, contents, 0, buffer.Span);
        while (reader.Damage is null && reader.MoveNext())
        {
        }

        return reader.Damage ?? reader.Unreachable;
    }

    private sealed record ScatteredDirectory(NodeId Directory, MappedSource Contents);
}
