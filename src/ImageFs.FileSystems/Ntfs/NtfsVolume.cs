using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>Numbers of file records that are the same on all volumes (linux-ntfs, Metafiles).</summary>
internal static class SystemFiles
{
    public const long Log = 2;

    public const long Volume = 3;

    public const long Root = 5;

    public const long Bitmap = 6;

    public const long BadClusters = 8;

    public const long Security = 9;

    public const long Upcase = 10;

    public const long Extend = 11;

    /// <summary>The first record that is no system file's.</summary>
    public const long FirstFree = 16;

    /// <summary>The name of the stream that is a file's contents: that without a name, but of two system files, as Linux has it.</summary>
    public static string ContentsOf(long record) => record switch
    {
        BadClusters => "$Bad",
        Security => "$SDS",
        _ => string.Empty,
    };
}

/// <summary>A volume that was found good: what its readers share.</summary>
internal sealed class NtfsVolume
{
    /// <summary>The unit of st_blocks, in bytes.</summary>
    public const int SectorSize = 512;

    private const int CachedBlockSize = 4096;

    /// <param name="source">The volume.</param>
    /// <param name="boot">Its boot sector, which was found good.</param>
    /// <param name="memory">Keeps what is read of its metadata.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    /// <exception cref="ImageException">It cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public NtfsVolume(BlockSource source, BootSector boot, MemoryBudget memory, Action<string> warn)
    {
        Source = source;
        Geometry = new Geometry(boot);
        Indexes = memory.Indexes.ForOwner();
        Decoded = memory.Decoded.ForOwner();
        Clusters = new ClusterReader(Geometry, new BlockCache(source, CachedBlockSize, memory.Blocks));
        Table = new MasterFileTable(source, Clusters, memory, warn);
    }

    /// <summary>Where the addresses of the volume are.</summary>
    public BlockSource Source { get; }

    public Geometry Geometry { get; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>The decoded blocks of its files.</summary>
    public DecodedBlocks Decoded { get; }

    /// <summary>Reads metadata.</summary>
    public ClusterReader Clusters { get; }

    /// <summary>The file records.</summary>
    public MasterFileTable Table { get; }

    /// <summary>The first record of a file.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="buffer">Takes it: as long as a record is.</param>
    /// <exception cref="ImageException">It is damaged, or no file's.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public FileRecord ReadFile(long number, Span<byte> buffer)
    {
        FileRecord record = Table.Read(number, buffer);
        return !record.IsInUse ? throw record.Damaged("it is not in use")
            : record.Base.Value != 0 ? throw record.Damaged($"it belongs to {record.Base}, and is no file by itself")
            : record;
    }

    /// <summary>As <see cref="ReadFile(long, Span{byte})"/>, of the file of a node.</summary>
    public FileRecord ReadFile(NodeId node, Span<byte> buffer)
    {
        var file = new NtfsNode(node);
        FileRecord record = ReadFile(file.Record, buffer);
        return file.Sequence == 0 ? record : CheckSequence(record, file.Sequence);
    }

    /// <summary>As <see cref="ReadFile(long, Span{byte})"/>, of a file that something refers to.</summary>
    /// <exception cref="ImageException">It is damaged, or the record is another file's by now.</exception>
    public FileRecord ReadFile(FileReference reference, Span<byte> buffer) => CheckSequence(ReadFile(reference.Record, buffer), reference.Sequence);

    /// <summary>Finds one of the system files that have no number of their own, in $Extend.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Null when there is none of the name.</returns>
    /// <exception cref="ImageException">The directory is damaged, or there is none.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public FileReference? FindExtension(string name)
    {
        using var buffer = new PooledBuffer(Geometry.RecordSize);
        var extensions = new Directories.Directory(this, ReadFile(SystemFiles.Extend, buffer.Span));
        return extensions.TryFind(name, UpcaseTable.Default, ignoresCase: false, out FileReference file) ? file : null;
    }

    private static FileRecord CheckSequence(FileRecord record, ushort sequence) => record.Sequence == sequence
        ? record
        : throw record.Damaged($"its sequence number is {record.Sequence} where {sequence} is looked for");
}
