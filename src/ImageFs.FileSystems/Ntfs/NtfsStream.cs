using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>The contents of an attribute: in the record, or in clusters.</summary>
internal sealed class NtfsStream
{
    private readonly byte[]? _value;

    private NtfsStream(AttributeRecord attribute, byte[]? value, ExtentMap clusters)
    {
        Flags = attribute.Flags;
        Size = attribute.DataSize;
        _value = value;
        Clusters = clusters;
        InitializedSize = attribute.IsNonResident ? Math.Min(attribute.InitializedSize, Size) : Size;
        CompressionUnit = attribute.CompressionUnit;
        StoredSize = Math.Max(attribute.IsNonResident ? attribute.StoredSize : Size, 0);
    }

    public AttributeFlags Flags { get; }

    /// <summary>Bytes of the contents.</summary>
    public long Size { get; }

    /// <summary>Bytes of the contents that were written: those behind are zeros.</summary>
    public long InitializedSize { get; }

    /// <summary>Bytes of the clusters that it really takes; of one that is resident those of its contents.</summary>
    public long StoredSize { get; }

    /// <summary>Clusters in a unit of compression, as a power of two; 0 of what is not compressed.</summary>
    public int CompressionUnit { get; }

    /// <summary>Where the clusters are, in bytes: of all of them, whatever <see cref="Size"/> is. Empty when it is resident.</summary>
    public ExtentMap Clusters { get; }

    /// <summary>Whether the contents are in the record.</summary>
    public bool IsResident => _value is not null;

    /// <summary>The contents of one that is resident.</summary>
    public ReadOnlyMemory<byte> Value => _value;

    /// <summary>Opens an attribute of a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="type">Its type.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Null when the file has no such attribute.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NtfsStream? Open(NtfsVolume volume, FileRecord record, AttributeType type, ReadOnlySpan<char> name = default)
    {
        var scan = new AttributeScan(volume, record);
        try
        {
            return scan.MoveTo(type, name) ? Open(volume, ref scan) : null;
        }
        finally
        {
            scan.Dispose();
        }
    }

    /// <summary>All bytes that are as they are: not compressed, and not encrypted.</summary>
    /// <param name="volume">What the clusters are of.</param>
    public BlockSource OpenPlain(BlockSource volume) =>
        _value is not null ? new MemorySource(_value)
        : Size == 0 ? MemorySource.Empty
        : new MappedSource(volume, Clip());

    /// <summary>Reads the contents, of one that is short.</summary>
    /// <param name="clusters">Reads the volume.</param>
    /// <param name="maxLength">Bytes that it may have.</param>
    /// <returns>Null when it has more.</returns>
    /// <exception cref="ImageException">The image ends before, or is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[]? ReadAll(ClusterReader clusters, int maxLength)
    {
        if (Size > maxLength)
        {
            return null;
        }

        if (_value is not null)
        {
            return _value;
        }

        byte[] bytes = new byte[Size];
        clusters.Read(Clusters, 0, bytes.AsSpan(0, (int)InitializedSize));
        return bytes;
    }

    /// <summary>Reads the first bytes of the contents.</summary>
    /// <param name="clusters">Reads the volume.</param>
    /// <param name="maxLength">How many; fewer where it has fewer.</param>
    /// <exception cref="ImageException">The image ends before, or is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[] ReadStart(ClusterReader clusters, long maxLength)
    {
        byte[] bytes = new byte[Math.Min(Size, maxLength)];
        if (_value is not null)
        {
            _value.AsSpan(0, bytes.Length).CopyTo(bytes);
        }
        else
        {
            clusters.Read(Clusters, 0, bytes.AsSpan(0, (int)Math.Min(InitializedSize, bytes.Length)));
        }

        return bytes;
    }

    /// <summary>Opens the attribute that a scan is at the first piece of, and goes to its last.</summary>
    public static NtfsStream Open(NtfsVolume volume, ref AttributeScan scan)
    {
        AttributeRecord first = scan.Current;
        if (!first.IsNonResident)
        {
            return new NtfsStream(first, first.Value.ToArray(), ExtentMap.Empty);
        }

        var runs = new RunMapBuilder(volume.Geometry);
        runs.Add(scan.Record, first);
        long clusters = first.AllocatedSize == 0 ? 0 : ((first.AllocatedSize - 1) / volume.Geometry.ClusterSize) + 1;
        if (runs.NextVcn >= clusters)
        {
            return new NtfsStream(first, null, runs.Build());
        }

        // The head with the sizes is in the first piece, whose record may be left now.
        AttributeType type = first.Type;
        string name = first.Name.ToString();
        byte[] head = first.Head.ToArray();
        while (runs.NextVcn < clusters && scan.MoveTo(type, name))
        {
            if (!scan.Current.IsNonResident)
            {
                throw scan.Record.Damaged($"a piece of the attribute of type 0x{(uint)type:X} is resident", AttributeRecord.Clause);
            }

            runs.Add(scan.Record, scan.Current);
        }

        return runs.NextVcn == clusters
            ? new NtfsStream(new AttributeRecord(head), null, runs.Build())
            : throw scan.Record.Damaged($"the runs of an attribute of type 0x{(uint)type:X} end at cluster {runs.NextVcn} of its {clusters}", DataRun.Clause);
    }

    private ExtentMap Clip()
    {
        var map = new ExtentMapBuilder();
        foreach (Extent extent in Clusters.Extents)
        {
            long written = Math.Clamp(InitializedSize - extent.Offset, 0, extent.Length);
            map.Append(written, extent.Kind, extent.Address);
            map.Append(extent.Length - written, extent.Kind == ExtentKind.Mapped ? ExtentKind.Unwritten : extent.Kind);
        }

        return map.Build(Size);
    }
}
