using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Iso9660.RockRidge;
using ImageFs.FileSystems.Iso9660.Zisofs;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// An ISO 9660 file system, as Linux's isofs shows it. A node is the address of its directory record: of a directory the record that
/// it has of itself, of a file the first one.
/// </summary>
internal sealed class Iso9660FileSystem : FileSystem
{
    // A position after something damaged has this bit, so that the end of the directory is an error whoever asks for it.
    private const long DamagePassed = 1L << 62;

    // Smaller directories are gone through faster than an index is made.
    private const long MinIndexedDirectory = 16 * 1024;

    private const int KnownDirectories = 256;

    private readonly Iso9660Volume _volume;
    private readonly NameComparison _comparison;
    private readonly IndexShare _indexes;
    private readonly SlotCache<NodeId, DirectoryFacts> _facts = new(KnownDirectories);
    private readonly DecodedBlocks _decoded;
    private readonly Lock _indexing = new();

    public Iso9660FileSystem(Iso9660Volume volume)
    {
        _volume = volume;
        _indexes = volume.Indexes;
        _decoded = volume.Decoded;
        bool isJoliet = volume.Tree == Iso9660Tree.Joliet;
        _comparison = new NameComparison(volume.Options.CheckRelaxed ?? isJoliet, isJoliet);
        if (GetAttributes(Root).Type != NodeType.Directory)
        {
            throw new InvalidImageException(
                "root directory", volume.Root, "its first record is not that of a directory", "ECMA-119 6.8.2.2");
        }
    }

    /// <inheritdoc/>
    public override string Format => "iso9660";

    /// <inheritdoc/>
    public override NodeId Root => new((ulong)_volume.Root);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)_volume.BlockSize,
        Blocks = _volume.Shown.Volume.VolumeSpaceSize,
        MaxNameLength = 255,
    };

    /// <inheritdoc/>
    public override bool HasBirthTimes => _volume.Tree == Iso9660Tree.RockRidge;

    /// <inheritdoc/>
    /// <remarks>Hard links are records of the same extent; so are files alike, by many writers.</remarks>
    public override FileSystemChecks Checks => new()
    {
        SharedBytes = SharedBytes.Extents,
        Structures = [ImplantedCheck.Of((_volume.Source as SessionSource)?.Image ?? _volume.Source), new Check("path tables"), new Check("other trees than the one shown")],
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => Iso9660Description.Make(_volume);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node) => Iso9660Node.Read(_volume, ToAddress(node)).Attributes;

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = directory;
        if (name.SequenceEqual("."u8))
        {
            return true;
        }

        FileSection extent = OpenDirectory(directory);
        DirectoryIndex? index = extent.Length < MinIndexedDirectory ? null : FindIndex(directory, extent);
        Span<byte> buffer = stackalloc byte[DirectoryReader.BufferLength];
        ImageException? damage;
        NodeId? similar = null;
        if (index is null)
        {
            var reader = new DirectoryReader(_volume, directory, extent, 0, buffer);
            while (reader.MoveNext())
            {
                if (Matches(ref reader, name, ref similar))
                {
                    node = reader.Node;
                    return true;
                }
            }

            damage = reader.Damage;
        }
        else
        {
            foreach (ulong entry in index.Find(_comparison.Hash(name)))
            {
                var reader = new DirectoryReader(_volume, directory, extent, DirectoryIndex.ToPosition(entry), buffer);
                if (reader.MoveNext() && Matches(ref reader, name, ref similar))
                {
                    node = reader.Node;
                    return true;
                }
            }

            damage = index.Damage;
        }

        if (similar is null && damage is not null)
        {
            // The name may be what cannot be read: that it does not exist would be a guess.
            throw damage;
        }

        node = similar ?? default;
        return similar is not null;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        FileSection extent = OpenDirectory(directory);
        bool isDamaged = (position & DamagePassed) != 0;
        Span<byte> buffer = stackalloc byte[DirectoryReader.BufferLength];
        var reader = new DirectoryReader(_volume, directory, extent, position & ~DamagePassed, buffer);
        bool hasAdded = false;
        DirectoryFacts facts = FindFacts(directory, extent);
        Span<byte> other = stackalloc byte[DirectoryReader.BufferLength];
        while (facts.GoesOn(reader.NextPosition, hasAdded) && TryMoveNext(ref reader, hasAdded))
        {
            isDamaged |= (reader.Damage ?? reader.Unreachable) is not null;
            long next = reader.NextPosition | (isDamaged ? DamagePassed : 0);
            var entry = new DirectoryEntry(reader.Name, reader.Node, reader.Type, next, reader.InodeNumber);
            if (facts.HasRepeated && FindFirst(directory, extent, reader.Name) is { } place && place != reader.Position)
            {
                var first = new DirectoryReader(_volume, directory, extent, place, other);
                if (first.MoveNext())
                {
                    entry = new DirectoryEntry(reader.Name, first.Node, first.Type, next, first.InodeNumber);
                }
            }

            if (!sink.Add(entry))
            {
                return;
            }

            hasAdded = true;
        }

        if (!hasAdded && (isDamaged || (reader.Damage ?? reader.Unreachable) is not null) && FindDamage(directory, extent) is ImageException damage)
        {
            throw damage;
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        Span<byte> record = stackalloc byte[DirectoryRecord.MaxLength];
        Span<byte> name = stackalloc byte[DirectoryRecord.MaxLength];
        byte[] target = new byte[SymbolicLinkTarget.MaxLength];
        long address = ToAddress(node);
        RockRidgeFields fields = _volume.ReadRockRidge(_volume.ReadRecord(address, record), address, name, target);
        return fields.Target.Length > 0
            ? target[..fields.Target.Length]
            : throw new InvalidImageException("directory record", address, "the symbolic link has no target", "RRIP 4.1.3");
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        long address = ToAddress(node);
        var sections = new List<FileSection>();
        Iso9660Node inode = Iso9660Node.Read(_volume, address, sections);
        if (inode.Attributes.Type != NodeType.Regular)
        {
            throw new InvalidImageException("directory record", address, "it is not that of a regular file", "ECMA-119 9.1.6");
        }

        if (inode.IsSparse)
        {
            throw new UnsupportedFeatureException("Rock Ridge's sparse file format", "RRIP 4.1.7");
        }

        BlockSource recorded = OpenSections(sections, inode.RecordedSize, address);
        return inode.Compression is ZisofsParameters parameters
            ? new ZisofsFile(_volume, recorded, parameters, address, _decoded.OfFile(address))
            : recorded;
    }

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

    private bool Matches(ref DirectoryReader reader, ReadOnlySpan<byte> name, ref NodeId? similar)
    {
        if (reader.Name.SequenceEqual(name))
        {
            return true;
        }

        // A name that differs in case only may come before the one that is meant.
        if (similar is null && _comparison.AreEqual(reader.Name, name))
        {
            similar = reader.Node;
        }

        return false;
    }

    private DirectoryIndex? FindIndex(NodeId directory, FileSection extent)
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
            if (index is null && MakeIndex(directory, extent) is { } made)
            {
                _indexes.Add(directory.Value, made, made.Bytes);
                index = made;
            }

            return index;
        }
    }

    /// <summary>
    /// Whether several entries may have one name: a lookup finds the first, as in Linux; a listing then has to give the first's node to
    /// all, or what the name leads to would depend on who asked last. And where the directory becomes too costly.
    /// </summary>
    private DirectoryFacts FindFacts(NodeId directory, FileSection extent)
    {
        if (!_facts.TryFind(directory, out DirectoryFacts facts))
        {
            DirectoryIndex? index = extent.Length < MinIndexedDirectory ? MakeIndex(directory, extent) : TryFindIndex(directory, extent);
            facts = index?.Facts ?? DirectoryFacts.None;
            _facts.Add(directory, facts);
        }

        return facts;
    }

    /// <summary>The index, for what can do without one: null where there is no memory for it, too.</summary>
    private DirectoryIndex? TryFindIndex(NodeId directory, FileSection extent)
    {
        try
        {
            return FindIndex(directory, extent);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Where the first entry of a name is; null when it cannot be found.</summary>
    private long? FindFirst(NodeId directory, FileSection extent, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[DirectoryReader.BufferLength];
        if (extent.Length >= MinIndexedDirectory)
        {
            if (TryFindIndex(directory, extent) is not { } index)
            {
                return null;
            }

            foreach (ulong entry in index.Find(_comparison.Hash(name)))
            {
                var found = new DirectoryReader(_volume, directory, extent, DirectoryIndex.ToPosition(entry), buffer);
                if (found.MoveNext() && found.Name.SequenceEqual(name))
                {
                    return found.Position;
                }
            }

            return null;
        }

        var reader = new DirectoryReader(_volume, directory, extent, 0, buffer);
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual(name))
            {
                return reader.Position;
            }
        }

        return null;
    }

    /// <summary>Null when the directory has too many entries, or the device failed: then a scan finds what there is.</summary>
    private DirectoryIndex? MakeIndex(NodeId directory, FileSection extent)
    {
        Span<byte> buffer = stackalloc byte[DirectoryReader.BufferLength];
        var reader = new DirectoryReader(_volume, directory, extent, 0, buffer);
        var entries = new List<ulong>();
        ImageException? failure = null;
        long end = 0;
        try
        {
            while (reader.MoveNext())
            {
                if (entries.Count == _indexes.MaxBytesOfLatest / sizeof(ulong))
                {
                    return null;
                }

                // Directories are shorter than 4 GiB (ECMA-119 9.1.4).
                entries.Add(DirectoryIndex.ToEntry(_comparison.Hash(reader.Name), (uint)reader.Position));
                end = reader.NextPosition;
            }
        }
        catch (ImageException e)
        {
            failure = e;
        }
        catch (LinuxException)
        {
            return null;
        }

        return new DirectoryIndex(entries, reader.Damage ?? failure) { Unreachable = reader.Unreachable, End = end, Failure = failure };
    }

    /// <summary>The first thing that is damaged in a directory, or that no path leads to; null when all of it is sound.</summary>
    private ImageException? FindDamage(NodeId directory, FileSection extent)
    {
        if (extent.Length >= MinIndexedDirectory && TryFindIndex(directory, extent) is { } index)
        {
            return index.Damage ?? index.Unreachable;
        }

        Span<byte> buffer = stackalloc byte[DirectoryReader.BufferLength];
        var reader = new DirectoryReader(_volume, directory, extent, 0, buffer);
        while (reader.Damage is null && reader.MoveNext())
        {
        }

        return reader.Damage ?? reader.Unreachable;
    }

    /// <summary>Where the records of a directory are.</summary>
    private FileSection OpenDirectory(NodeId directory)
    {
        Span<byte> buffer = stackalloc byte[DirectoryRecord.MaxLength];
        long address = ToAddress(directory);
        DirectoryRecord record = _volume.ReadRecord(address, buffer);
        if (!record.Flags.HasFlag(FileFlags.Directory))
        {
            throw new InvalidImageException("directory record", address, "it is not that of a directory", "ECMA-119 9.1.6");
        }

        _volume.RequireThisVolume(record.VolumeSequenceNumber);
        return new FileSection(_volume.ToAddress(record.LocationOfData), record.DataLength, 0, 0, record.VolumeSequenceNumber);
    }

    private BlockSource OpenSections(List<FileSection> sections, long length, long address)
    {
        var map = new ExtentMapBuilder();
        bool isInterleaved = false;
        foreach (FileSection section in sections)
        {
            _volume.RequireThisVolume(section.VolumeSequenceNumber);
            if (section.FileUnitSize == 0 && section.InterleaveGapSize > 0)
            {
                throw new InvalidImageException(
                    "directory record", address, "the file is interleaved in units of 0 blocks", "ECMA-119 9.1.7");
            }

            isInterleaved |= section.IsInterleaved;
            map.AppendMapped(section.Length, section.Address);
        }

        return isInterleaved
            ? new InterleavedSource(_volume.Source, sections, length)
            : new MappedSource(_volume.Source, map.Build(length));
    }

    private static long ToAddress(NodeId node) => node.Value <= long.MaxValue
        ? (long)node.Value
        : throw new InvalidImageException("directory record", long.MaxValue, "no image is that long", "ECMA-119 9.1.3");
}
