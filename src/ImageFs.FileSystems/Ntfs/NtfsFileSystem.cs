using ImageFs.FileSystems.Bitmaps;
using ImageFs.FileSystems.Ntfs.Attributes;
using ImageFs.FileSystems.Ntfs.Checks;
using ImageFs.FileSystems.Ntfs.Directories;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>An NTFS volume, as Linux's ntfs3 shows it. A node is the number of its file record.</summary>
internal sealed class NtfsFileSystem : FileSystem
{
    private readonly NtfsVolume _volume;
    private readonly NtfsOptions _options;
    private readonly NtfsDirectories _directories;
    private readonly ExtendedAttributes _attributes;
    private readonly Lazy<FileSystemStatistics> _statistics;
    private readonly UpcaseTable _upcase;
    private readonly VolumeState _state;

    /// <param name="volume">The volume.</param>
    /// <param name="options">What it does not record.</param>
    /// <param name="context">Who is told what is wrong, and what is not seen.</param>
    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public NtfsFileSystem(NtfsVolume volume, NtfsOptions options, OpenContext context)
    {
        _volume = volume;
        _options = options;
        _attributes = new ExtendedAttributes(volume, options);
        UpcaseTable upcase = ReadUpcase(volume, context.Warn);
        _directories = new NtfsDirectories(volume, upcase, options);
        _statistics = new Lazy<FileSystemStatistics>(CountClusters, LazyThreadSafetyMode.PublicationOnly);
        _upcase = upcase;
        _state = VolumeState.Find(volume, _directories.Open(Root), upcase);
        _state.Tell(context);
    }

    /// <inheritdoc/>
    public override string Format => NtfsDescription.Format;

    /// <inheritdoc/>
    public override NodeId Root => new(SystemFiles.Root);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => _statistics.Value;

    /// <inheritdoc/>
    public override bool HasBirthTimes => true;

    /// <inheritdoc/>
    public override ImageDescription Describe() => NtfsDescription.Make(_volume, _state);

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new() { Structures = new NtfsChecks(_volume, _upcase).All };

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(node, buffer.Span);
        return new NtfsNode(node) is { Stream: > 0 } named
            ? FileDescription.Describe(_volume, _options, record, named, NamedStreams.Open(_volume, record, named.Stream))
            : FileDescription.Describe(_volume, _options, record);
    }

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory) => _directories.PrefetchNames(directory);

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory) => _directories.PrefetchRecords(directory);

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) =>
        _directories.TryLookup(directory, name, out node)
        || (_options.Streams == StreamsInterface.Windows && TryLookUpStream(directory, name, out node));

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(node, buffer.Span);
        return new NtfsNode(node).Stream == 0 && ReparsePoint.Find(_volume, record) is { Type: NodeType.SymbolicLink } point
            ? LinkTarget.Read(_volume, _options.Names, record, point)
            : throw new LinuxException("readlink", Errno.EINVAL, $"file record {record.Number}");
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(node, buffer.Span);
        if (new NtfsNode(node) is { Stream: > 0 } named)
        {
            return FileContents.Open(_volume, record, NamedStreams.Open(_volume, record, named.Stream), named.Number);
        }

        NodeType type = FileType.Of(_volume, record);
        return type == NodeType.Regular
            ? FileContents.Open(_volume, record)
            : throw WrongType.Of("read", type, $"file record {record.Number}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(node, buffer.Span);
        return new NtfsNode(node).Stream > 0 ? [] : _attributes.List(record);
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(node, buffer.Span);
        return new NtfsNode(node).Stream > 0 ? null : _attributes.Get(record, name);
    }

    // FILE:NAME
    private bool TryLookUpStream(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        int colon = name.IndexOf((byte)':');
        Span<char> units = stackalloc char[FileName.MaxUnits];
        if (colon <= 0 || colon == name.Length - 1
            || !_options.Names.TryDecode(name[(colon + 1)..], units, out int length)
            || !_directories.TryLookup(directory, name[..colon], out NodeId file))
        {
            return false;
        }

        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(file, buffer.Span);
        int number = NamedStreams.Find(_volume, record, units[..length]);
        node = new NtfsNode(record.Reference, number).Id;
        return number > 0;
    }

    private static UpcaseTable ReadUpcase(NtfsVolume volume, Action<string> warn)
    {
        string problem;
        try
        {
            using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
            NtfsStream? table = NtfsStream.Open(volume, volume.ReadFile(SystemFiles.Upcase, buffer.Span), AttributeType.Data);
            if (table?.Size == UpcaseTable.Length && table.ReadAll(volume.Clusters, UpcaseTable.Length) is { } bytes)
            {
                return new UpcaseTable(bytes);
            }

            problem = $"it has {table?.Size ?? 0} bytes, not {UpcaseTable.Length}";
        }
        catch (ImageException e)
        {
            problem = e.Message;
        }

        warn($"$UpCase: {problem}: names are compared by Unicode's letters instead");
        return UpcaseTable.Default;
    }

    // As ntfs_statfs does.
    private FileSystemStatistics CountClusters()
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        long clusters = _volume.Geometry.ClusterCount;
        long used = NtfsStream.Open(_volume, _volume.ReadFile(SystemFiles.Bitmap, buffer.Span), AttributeType.Data) is { } bitmap && bitmap.Size >= (clusters + 7) / 8
            ? Bitmap.CountSet(bitmap.OpenPlain(_volume.Source), 0, clusters)
            : clusters;
        return new FileSystemStatistics
        {
            BlockSize = (uint)_volume.Geometry.ClusterSize,
            Blocks = (ulong)clusters,
            FreeBlocks = (ulong)(clusters - used),
            MaxNameLength = FileName.MaxUnits,
        };
    }
}
