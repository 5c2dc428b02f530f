using System.Buffers.Binary;
using System.Numerics;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Directories;

/// <summary>A directory that was opened: its index of names (linux-ntfs, Directory).</summary>
internal sealed class Directory
{
    private const string IndexName = "$I30";

    // The head of $INDEX_ROOT and of a record, before that of the node.
    private const int RootHead = 16;
    private const int RecordHead = 0x18;

    private const uint FileNameCollation = 1;
    private const int MinRecordSize = 512;
    private const int MaxRecordSize = 2 << 20;

    // Positions have 32 bits, in units of 8 bytes.
    private const long MaxLength = 16L << 30;
    private const int MaxDepth = 20;
    private const int MaxPrefetch = 128 * 1024;

    private readonly NtfsVolume _volume;
    private readonly byte[] _root;
    private readonly ExtentMap _records = ExtentMap.Empty;
    private readonly byte[] _used = [];
    private readonly int _unit;

    /// <param name="volume">The volume.</param>
    /// <param name="record">The file record.</param>
    /// <exception cref="LinuxException">It is not a directory's.</exception>
    /// <exception cref="ImageException">It is damaged.</exception>
    public Directory(NtfsVolume volume, FileRecord record)
    {
        if (!record.IsDirectory)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR, $"file record {record.Number}");
        }

        _volume = volume;
        Reference = record.Reference;
        Address = record.Address;
        FileReference? parent = null;
        NtfsStream? used = null;
        NtfsStream? records = null;
        byte[]? root = null;
        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                AttributeRecord attribute = scan.Current;
                if (attribute.Type == AttributeType.StandardInformation && !attribute.IsNonResident && attribute.Value.Length >= StandardInformation.MinLength)
                {
                    IsCaseSensitive = new StandardInformation(attribute.Value).IsCaseSensitive;
                }
                else if (attribute.Type == AttributeType.FileName && !attribute.IsNonResident && new FileName(attribute.Value) is { IsWhole: true } name)
                {
                    parent ??= name.Parent;
                }
                else if (attribute.Is(AttributeType.IndexRoot, IndexName) && !attribute.IsNonResident)
                {
                    root = attribute.Value.ToArray();
                }
                else if (attribute.Is(AttributeType.IndexAllocation, IndexName) && attribute.LowestVcn == 0)
                {
                    records = NtfsStream.Open(volume, ref scan);
                }
                else if (attribute.Is(AttributeType.Bitmap, IndexName) && attribute.LowestVcn == 0)
                {
                    used = NtfsStream.Open(volume, ref scan);
                }
            }
        }
        finally
        {
            scan.Dispose();
        }

        Parent = parent ?? throw record.Damaged("it has no name");
        if (root is null || root.Length < RootHead + IndexNode.HeadLength)
        {
            throw Damaged("it has no root");
        }

        RecordSize = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(8)), int.MaxValue);
        if (BinaryPrimitives.ReadUInt32LittleEndian(root) != (uint)AttributeType.FileName
            || BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(4)) != FileNameCollation
            || RecordSize is < MinRecordSize or > MaxRecordSize
            || !BitOperations.IsPow2(RecordSize))
        {
            throw Damaged($"it is no index of names in records of {RecordSize} bytes");
        }

        _root = root[RootHead..];
        if (Root.FindProblem() is { } problem)
        {
            throw Damaged(problem);
        }

        // Records are counted in clusters, or where they are smaller in 512 bytes.
        _unit = RecordSize < volume.Geometry.ClusterSize ? UpdateSequence.Stride : volume.Geometry.ClusterSize;
        if (records is not null && !records.IsResident)
        {
            if (records.Size > Math.Min(MaxLength, records.Clusters.Length))
            {
                throw Damaged($"it has {records.Size} bytes");
            }

            RecordCount = records.Size / RecordSize;
            _records = records.Clusters;
            _used = used?.ReadAll(volume.Clusters, (int)(MaxLength / MinRecordSize / 8)) ?? throw Damaged("it does not tell which of its records are used");
        }
    }

    /// <summary>What refers to its record.</summary>
    public FileReference Reference { get; }

    /// <summary>Where its record is in the volume.</summary>
    public long Address { get; }

    /// <summary>The directory that it is in.</summary>
    public FileReference Parent { get; }

    /// <summary>Whether the case of letters counts in its names, whatever the options say.</summary>
    public bool IsCaseSensitive { get; }

    /// <summary>Bytes of a record of its index.</summary>
    public int RecordSize { get; }

    /// <summary>Records of its index, used or not.</summary>
    public long RecordCount { get; }

    /// <summary>The node that is in the file record.</summary>
    public IndexNode Root => new(_root);

    /// <summary>Bytes of memory that it takes.</summary>
    public long Size => _root.Length + _records.Size + _used.Length;

    /// <summary>Has the kernel begin to read the index; of a large directory the first records.</summary>
    public void PrefetchEntries()
    {
        if (RecordCount > 0 && _records.Find(0, MaxPrefetch) is { Kind: ExtentKind.Mapped } first)
        {
            _volume.Source.Prefetch(first.Address, first.Length);
        }
    }

    /// <summary>The first record at or after another that is in use.</summary>
    /// <param name="record">Its number.</param>
    /// <returns>Null when there is none.</returns>
    public long? FindUsed(long record)
    {
        for (; record < RecordCount && record / 8 < _used.Length; record++)
        {
            if (IsUsed(record))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>Whether a record is in use.</summary>
    public bool IsUsed(long record) => record / 8 < _used.Length && (_used[record / 8] >> (int)(record % 8) & 1) != 0;

    /// <summary>A record of the index.</summary>
    /// <param name="record">Its number, less than <see cref="RecordCount"/>.</param>
    /// <param name="buffer">Takes it.</param>
    /// <param name="address">Where it is in the volume.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public IndexNode Read(long record, Span<byte> buffer, out long address)
    {
        long offset = record * RecordSize;
        address = _records.Find(offset, 1).Address;
        _volume.Clusters.Read(_records, offset, buffer);
        string? problem = buffer.StartsWith("INDX"u8) ? UpdateSequence.Apply(buffer) : "it has not the mark of an index record";
        if (problem is null && BinaryPrimitives.ReadUInt64LittleEndian(buffer[16..]) != (ulong)(offset / _unit))
        {
            problem = $"it says to be at {BinaryPrimitives.ReadUInt64LittleEndian(buffer[16..])} of the index of {Reference}, not at {offset / _unit}";
        }

        var node = new IndexNode(buffer[RecordHead..]);
        problem ??= node.FindProblem();
        return problem is null ? node : throw new InvalidImageException("index record", address, problem, IndexNode.Clause);
    }

    /// <summary>Finds a name by the order of the index.</summary>
    /// <param name="name">The name.</param>
    /// <param name="upcase">The order.</param>
    /// <param name="ignoresCase">Whether the case of letters does not count.</param>
    /// <param name="file">What it leads to.</param>
    /// <returns>False when there is none of the name.</returns>
    /// <exception cref="ImageException">A record on the way is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public bool TryFind(ReadOnlySpan<char> name, UpcaseTable upcase, bool ignoresCase, out FileReference file)
    {
        using var buffer = new PooledBuffer(RecordCount == 0 ? 0 : RecordSize);
        IndexNode node = Root;
        long address = Address;
        FileReference? similar = null;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            var walker = new IndexWalker(node);
            while (walker.MoveNext() && !walker.IsAtEnd)
            {
                var key = new FileName(walker.Current.Key);
                if (!key.IsWhole)
                {
                    throw new InvalidImageException("index record", address, $"the name at byte {walker.Offset} of it is not whole", IndexNode.Clause);
                }

                int order = upcase.CompareCaseless(name, key.Name);
                if (order == 0)
                {
                    // Names that differ in case alone are beside each other, so that all that matter here are on the way.
                    order = name.SequenceCompareTo(key.Name);
                    similar = ignoresCase || key.NameSpace == NameSpace.Dos ? similar ?? walker.Current.File : similar;
                }

                if (order == 0)
                {
                    file = walker.Current.File;
                    return true;
                }

                if (order < 0)
                {
                    break;
                }
            }

            if (walker.Problem is { } problem)
            {
                throw new InvalidImageException("index record", address, problem, IndexNode.Clause);
            }

            if (!walker.Current.HasChild)
            {
                file = similar ?? default;
                return similar is not null;
            }

            node = Read(FindChild(walker.Current.Child), buffer.Span, out address);
        }

        throw Damaged($"it is deeper than {MaxDepth} records");
    }

    /// <summary>The error of something that is wrong with it.</summary>
    public InvalidImageException Damaged(string problem) => new($"index of file record {Reference.Record}", Address, problem, IndexNode.Clause);

    /// <summary>The record that an entry leads to.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public long FindChild(ulong place)
    {
        UInt128 offset = (UInt128)place * (ulong)_unit;
        return offset / (ulong)RecordSize < (ulong)RecordCount && offset % (ulong)RecordSize == 0
            ? (long)(offset / (ulong)RecordSize)
            : throw Damaged($"it leads to {place}, where no record is");
    }
}
