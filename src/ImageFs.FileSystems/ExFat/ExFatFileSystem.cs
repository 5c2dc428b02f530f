using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.ExFat;

/// <summary>An exFAT file system, as Linux's exfat shows it.</summary>
internal sealed class ExFatFileSystem(ExFatVolume volume, ExFatOptions options, MemoryBudget memory) : ClusterFileSystem(memory)
{
    // What Linux says: each unit may take so many bytes in some character set.
    private const uint MaxBytesPerUnit = 6;

    /// <inheritdoc/>
    public override string Format => ExFatFormat.LinuxName;

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)Heap.ClusterSize,
        Blocks = Heap.Count,
        FreeBlocks = volume.FreeClusters,
        MaxNameLength = EntrySet.MaxNameLength * MaxBytesPerUnit,
    };

    /// <inheritdoc/>
    protected override ClusterHeap Heap => volume.Heap;

    /// <inheritdoc/>
    protected override BlockSource Source => volume.Source;

    /// <inheritdoc/>
    protected override ClusterOptions Options => options;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new()
    {
        Structures =
        [
            new Check("boot regions", run => BootRegion.Check(volume.Cache, volume.SectorSize, run)),
            new Check("lost clusters"),
        ],
        CheckExtent = volume.CheckAllocated,
    };

    /// <summary>What tells a volume from others.</summary>
    public static VolumeIdentity Identify(ExFatVolume volume) => new(ExFatFormat.LinuxName, volume.Label ?? string.Empty, ToUuid(volume.Serial));

    /// <inheritdoc/>
    public override ImageDescription Describe() => new ImageDescription(ExFatFormat.LinuxName)
        .With("label", volume.Label)
        .With("uuid", ToUuid(volume.Serial))
        .With("guid", volume.Guid?.ToString())
        .With("revision", $"{volume.Revision >> 8}.{volume.Revision & 0xFF}")
        .With("sector-size", (long)volume.SectorSize)
        .With("sectors", volume.Sectors)
        .With("cluster-size", (long)Heap.ClusterSize)
        .With("clusters", (long)Heap.Count)
        .With("fats", (long)volume.FatCount);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        if (node == Root)
        {
            return DescribeDirectory(node, isReadOnly: false);
        }

        using var buffer = new PooledBuffer(EntrySet.MaxLength);
        return Describe(node, ReadSet(node, buffer.Span));
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry) => entry.Record.IsEmpty
        ? GetAttributes(entry.Node)
        : Describe(entry.Node, Checked(entry.Node, new EntrySet(entry.Record)));

    private NodeAttributes Describe(NodeId node, EntrySet set)
    {
        FileEntry file = set.File;
        NodeAttributes attributes = file.IsDirectory
            ? DescribeDirectory(node, isReadOnly: false)
            : DescribeFile(node, ToLength(set.Stream.DataLength, node), file.Attributes.HasFlag(EntryAttributes.ReadOnly));
        Timestamp modified = file.LastModifiedTime(options.AheadOfUtc);
        return attributes with
        {
            ModifyTime = modified,
            ChangeTime = modified,
            AccessTime = file.LastAccessedTime(options.AheadOfUtc),
            BirthTime = file.CreateTime(options.AheadOfUtc),
        };
    }

    /// <inheritdoc/>
    protected override BlockSource LocateFile(NodeId node)
    {
        using var buffer = new PooledBuffer(EntrySet.MaxLength);
        EntrySet set = ReadSet(node, buffer.Span);
        if (set.File.IsDirectory)
        {
            throw Invalid(node, "it is not that of a file", "exFAT 7.4.4");
        }

        StreamExtensionEntry stream = set.Stream;
        long length = ToLength(stream.DataLength, node);
        if (stream.ValidDataLength > stream.DataLength)
        {
            throw Invalid(node, $"it has {stream.ValidDataLength} valid bytes of {length}", "exFAT 7.6.5");
        }

        ClusterChain chain = volume.OpenChain(stream.FirstCluster, length, stream.IsContiguous);
        return new ClusterSource(volume.Source, Heap, chain, length, (long)stream.ValidDataLength);
    }

    /// <inheritdoc/>
    protected override DirectoryReader MakeReader(IdleReaders idle) =>
        new ExFatDirectoryReader(new EntryCursor(volume.Cache), idle, volume.Upcase, options.Charset);

    /// <inheritdoc/>
    protected override ClusterDirectory LocateDirectory(NodeId directory)
    {
        if (directory == Root)
        {
            return volume.OpenRoot();
        }

        using var buffer = new PooledBuffer(EntrySet.MaxLength);
        EntrySet set = ReadSet(directory, buffer.Span);
        StreamExtensionEntry stream = set.Stream;
        if (!set.File.IsDirectory || stream.DataLength > MaxDirectoryLength)
        {
            string problem = set.File.IsDirectory ? $"it is a directory of {stream.DataLength} bytes" : "it is not that of a directory";
            throw Invalid(directory, problem, "exFAT 7.4.4");
        }

        ClusterChain chain = volume.OpenChain(stream.FirstCluster, (long)stream.DataLength, stream.IsContiguous);
        return volume.OpenDirectory(chain, stream.IsContiguous);
    }

    /// <summary>As in Linux, dots at the end do not count.</summary>
    protected override ReadOnlySpan<byte> TrimName(ReadOnlySpan<byte> name) => options.KeepLastDots ? name : name.TrimEnd((byte)'.');

    /// <inheritdoc/>
    protected override uint HashName(ReadOnlySpan<byte> name) => ExFatDirectoryReader.HashOf(name, volume.Upcase, options.Charset);

    private static InvalidImageException Invalid(NodeId node, string problem, string clause) =>
        new("file directory entry", ToAddress(node), problem, clause);

    /// <summary>The entries of a file.</summary>
    /// <param name="node">The file.</param>
    /// <param name="bytes">Takes them; <see cref="EntrySet.MaxLength"/> bytes.</param>
    private EntrySet ReadSet(NodeId node, Span<byte> bytes)
    {
        long address = ToAddress(node);
        uint cluster = Heap.ClusterAt(address);
        if (cluster == 0)
        {
            throw Invalid(node, "there is no directory", "exFAT 6");
        }

        Span<byte> first = bytes[..EntryCursor.EntrySize];
        volume.Cache.ReadAt(address, first);
        if (first[0] != EntryType.File)
        {
            throw Invalid(node, "it is not that of a file", "exFAT 7.4");
        }

        bytes = bytes[..((1 + new FileEntry(first).SecondaryCount) * EntryCursor.EntrySize)];
        ReadEntries(node, address, cluster, bytes);
        return Checked(node, new EntrySet(bytes));
    }

    private static EntrySet Checked(NodeId node, EntrySet set)
    {
        if (set.FindProblem() is string problem)
        {
            throw Invalid(node, problem, "exFAT 7.4");
        }

        return set.Checksum == set.File.SetChecksum
            ? set
            : throw Invalid(node, $"the sum of its set is 0x{set.Checksum:X4}, recorded is 0x{set.File.SetChecksum:X4}", "exFAT 6.3.3");
    }

    // A set can run on into the next clusters of its directory.
    private void ReadEntries(NodeId node, long address, uint cluster, Span<byte> bytes)
    {
        bool isContiguous = (node.Value & ExFatDirectoryReader.ContiguousBit) != 0;
        while (true)
        {
            int length = (int)Math.Min(bytes.Length, Heap.AddressOf(cluster) + Heap.ClusterSize - address);
            volume.Cache.ReadAt(address, bytes[..length]);
            bytes = bytes[length..];
            if (bytes.IsEmpty)
            {
                return;
            }

            cluster = isContiguous ? cluster + 1 : volume.Table[cluster];
            if (!Heap.Contains(cluster))
            {
                throw Invalid(node, "its directory ends before its set", "exFAT 7.4");
            }

            address = Heap.AddressOf(cluster);
        }
    }

    private long ToLength(ulong length, NodeId node) => length <= (ulong)Heap.Count * (ulong)Heap.ClusterSize
        ? (long)length
        : throw Invalid(node, $"it has {length} bytes on a volume of {Heap.Count} clusters of {Heap.ClusterSize}", "exFAT 7.6.7");
}
