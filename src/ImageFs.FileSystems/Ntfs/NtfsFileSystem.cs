using ImageFs.FileSystems.Bitmaps;
using ImageFs.FileSystems.Ntfs.Directories;
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
    private readonly Lazy<FileSystemStatistics> _statistics;
    private readonly UpcaseTable _upcase;
    private readonly VolumeState _state;

    /// <param name="volume">The volume.</param>
    /// <param name="options">What it does not record.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    public NtfsFileSystem(NtfsVolume volume, NtfsOptions options, Action<string> warn)
    {
        _volume = volume;
        _options = options;
        UpcaseTable upcase = ReadUpcase(volume, warn);
        _directories = new NtfsDirectories(volume, upcase, options);
        _statistics = new Lazy<FileSystemStatistics>(CountClusters, LazyThreadSafetyMode.PublicationOnly);
        _upcase = upcase;
        _state = VolumeState.Find(volume, _directories.Open(Root), upcase);
        _state.Warn(warn);
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
    public override ImageDescription Describe() => NtfsDescription.Make(_volume, _state, _upcase);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        return FileDescription.Describe(_volume, _options, _volume.ReadFile(node, buffer.Span));
    }

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory) => _directories.PrefetchNames(directory);

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory) => _directories.PrefetchRecords(directory);

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => throw new LinuxException("readlink", Errno.EINVAL, $"file record {node.Value}");

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using var buffer = new PooledBuffer(_volume.Geometry.RecordSize);
        FileRecord record = _volume.ReadFile(node, buffer.Span);
        return record.IsDirectory
            ? throw new LinuxException("read", Errno.EISDIR, $"file record {record.Number}")
            : FileContents.Open(_volume, record);
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
