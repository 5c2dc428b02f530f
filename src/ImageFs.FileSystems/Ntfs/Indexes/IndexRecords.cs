using System.Buffers.Binary;
using System.Numerics;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Indexes;

/// <summary>
/// The nodes of an index: the root, which is in a file record, and the records of $INDEX_ALLOCATION (linux-ntfs, $INDEX_ROOT, Index Record). What
/// keys are and how they are in order is up to who asks.
/// </summary>
internal sealed class IndexRecords
{
    /// <summary>Nodes on the way from the root to the deepest one, at most: each has two entries or more.</summary>
    public const int MaxDepth = 20;

    // The head of $INDEX_ROOT and of a record, before that of the node.
    private const int RootHead = 16;
    private const int RecordHead = 0x18;

    private const int MinRecordSize = 512;
    private const int MaxRecordSize = 2 << 20;

    // Positions in directories have 32 bits, in units of 8 bytes.
    private const long MaxLength = 16L << 30;

    private readonly NtfsVolume _volume;
    private readonly byte[] _root;
    private readonly ExtentMap _records = ExtentMap.Empty;
    private readonly NtfsStream? _map;
    private readonly int _unit;
    private readonly string _subject;

    // A lookup does not ask for it: of a large index it is a read of its own. Whoever comes second may read it once more.
    private byte[]? _used;

    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="parts">What it is made of.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public IndexRecords(NtfsVolume volume, FileRecord record, IndexParts parts)
    {
        _volume = volume;
        _subject = $"index {parts.Name} of file record {record.Number}";
        Address = record.Address;
        if (parts.Root is not { Length: >= RootHead + IndexNode.HeadLength } root)
        {
            throw Damaged("it has no root");
        }

        KeyType = (AttributeType)BinaryPrimitives.ReadUInt32LittleEndian(root);
        Collation = (Collation)BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(4));
        RecordSize = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(8)), int.MaxValue);
        if (RecordSize is < MinRecordSize or > MaxRecordSize || !BitOperations.IsPow2(RecordSize))
        {
            throw Damaged($"its records have {RecordSize} bytes");
        }

        _root = root[RootHead..];
        if (Root.FindProblem() is { } problem)
        {
            throw Damaged(problem);
        }

        // Records are counted in clusters, or where they are smaller in 512 bytes.
        _unit = RecordSize < volume.Geometry.ClusterSize ? UpdateSequence.Stride : volume.Geometry.ClusterSize;
        if (parts.Records is { IsResident: false } records)
        {
            // Clusters that it would have several times over are in no index.
            if (records.Size > Math.Min(Math.Min(MaxLength, volume.Geometry.Length), records.Clusters.Length))
            {
                throw Damaged($"it has {records.Size} bytes");
            }

            Count = records.Size / RecordSize;
            _records = records.Clusters;
            _map = parts.Used;
        }
    }

    /// <summary>Where the record with the root is in the volume.</summary>
    public long Address { get; }

    /// <summary>The attribute that its keys are; none of an index that is no directory.</summary>
    public AttributeType KeyType { get; }

    /// <summary>How its keys are in order.</summary>
    public Collation Collation { get; }

    /// <summary>Bytes of a record.</summary>
    public int RecordSize { get; }

    /// <summary>Records that there are, used or not.</summary>
    public long Count { get; }

    /// <summary>Bytes of the buffer that takes a record; 0 when there are none.</summary>
    public int BufferSize => Count == 0 ? 0 : RecordSize;

    /// <summary>The node that is in the file record.</summary>
    public IndexNode Root => new(_root);

    /// <summary>Bytes of memory that it takes.</summary>
    public long Size => _root.Length + _records.Size + (Count / 8);

    private byte[] Used => _used ??= Count == 0 ? [] : _map?.ReadStart(_volume.Clusters, (Count + 7) / 8) ?? throw Damaged("it does not tell which of its records are used");

    /// <summary>Has the kernel begin to read the records; of many the first.</summary>
    /// <param name="max">Bytes to read at most.</param>
    public void Prefetch(long max)
    {
        if (Count > 0 && _records.Find(0, max) is { Kind: ExtentKind.Mapped } first)
        {
            _volume.Source.Prefetch(first.Address, first.Length);
        }
    }

    /// <summary>The first record at or after another that is in use.</summary>
    /// <param name="record">Its number.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ImageException">The map of those in use is damaged, or there is none.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public long? FindUsed(long record)
    {
        for (; record < Count && record / 8 < Used.Length; record++)
        {
            if (IsUsed(record))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>Whether a record is in use.</summary>
    /// <exception cref="ImageException">The map of those in use is damaged, or there is none.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool IsUsed(long record) => record / 8 < Used.Length && (Used[record / 8] >> (int)(record % 8) & 1) != 0;

    /// <summary>The record that an entry leads to.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public long FindChild(ulong place)
    {
        UInt128 offset = (UInt128)place * (ulong)_unit;
        return offset / (ulong)RecordSize < (ulong)Count && offset % (ulong)RecordSize == 0
            ? (long)(offset / (ulong)RecordSize)
            : throw Damaged($"it leads to {place}, where no record is");
    }

    /// <summary>A record.</summary>
    /// <param name="record">Its number, less than <see cref="Count"/>.</param>
    /// <param name="buffer">Takes it.</param>
    /// <param name="address">Where it is in the volume.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public IndexNode Read(long record, Span<byte> buffer, out long address)
    {
        long offset = record * RecordSize;
        address = _records.Find(offset, 1).Address;
        _volume.Clusters.Read(_records, offset, buffer);
        string? problem = buffer.StartsWith("INDX"u8) ? UpdateSequence.Apply(buffer) : "it has not the mark of an index record";
        if (problem is null && BinaryPrimitives.ReadUInt64LittleEndian(buffer[16..]) != (ulong)(offset / _unit))
        {
            problem = $"it says to be at {BinaryPrimitives.ReadUInt64LittleEndian(buffer[16..])} of the {_subject}, not at {offset / _unit}";
        }

        var node = new IndexNode(buffer[RecordHead..]);
        problem ??= node.FindProblem();
        return problem is null ? node : throw IndexNode.Damaged(address, problem);
    }

    /// <summary>Goes down from the root to a key by the order of the index.</summary>
    /// <param name="key">Compared with the keys on the way; it may remember what it sees.</param>
    /// <param name="buffer">Takes the records on the way: <see cref="BufferSize"/> bytes.</param>
    /// <param name="entry">The entry with the key.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="ImageException">A record on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool TryFind<TKey>(scoped ref TKey key, Span<byte> buffer, out IndexEntry entry)
        where TKey : struct, IIndexKey, allows ref struct
    {
        IndexNode node = Root;
        long address = Address;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            var walker = new IndexWalker(node);
            while (walker.MoveNext() && !walker.IsAtEnd)
            {
                if (!key.TryCompare(walker.Current, out int order))
                {
                    throw IndexNode.Damaged(address, IndexNode.NotWhole(walker.Offset));
                }

                if (order == 0)
                {
                    entry = walker.Current;
                    return true;
                }

                if (order < 0)
                {
                    break;
                }
            }

            if (walker.Problem is { } problem)
            {
                throw IndexNode.Damaged(address, problem);
            }

            if (!walker.Current.HasChild)
            {
                entry = default;
                return false;
            }

            node = Read(FindChild(walker.Current.Child), buffer, out address);
        }

        throw Damaged($"it is deeper than {MaxDepth} records");
    }

    /// <summary>The error of something that is wrong with it.</summary>
    public InvalidImageException Damaged(string problem) => new(_subject, Address, problem, IndexNode.Clause);
}

/// <summary>A key that is looked for in an index.</summary>
internal interface IIndexKey
{
    /// <summary>Compares it with that of an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="order">Below 0 where it comes first, 0 where it is the same.</param>
    /// <returns>False when the entry's is not whole.</returns>
    bool TryCompare(IndexEntry entry, out int order);
}

/// <summary>How the keys of an index are in order (linux-ntfs, $INDEX_ROOT).</summary>
internal enum Collation : uint
{
    FileName = 0x01,
    Number = 0x10,
    SecurityId = 0x11,
    SecurityHash = 0x12,
    Numbers = 0x13,
}
