using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>
/// The master file table: all file records, by their numbers (linux-ntfs, $MFT). It is a file itself, whose first record tells where the
/// table goes on; of a table in many pieces further records do, which lie in those that are known by then.
/// </summary>
internal sealed class MasterFileTable
{
    private const string Name = "master file table";

    // The records that have a copy, $MFT, $MFTMirr, $LogFile and $Volume.
    private const int MirroredRecords = 4;

    private const int BlockSize = 4096;

    // Between records that are read at once.
    private const int MaxGap = 32 * 1024;

    private readonly ClusterReader _clusters;
    private readonly TableSource _source;
    private readonly BlockCache _records;

    // Those whose place in the table is damaged, and whose copy is good.
    private readonly byte[]?[] _mirrored = new byte[MirroredRecords][];

    /// <param name="source">The volume.</param>
    /// <param name="clusters">Reads it.</param>
    /// <param name="memory">Keeps what is read of the table.</param>
    /// <param name="warn">Called when a copy is used.</param>
    /// <exception cref="ImageException">The table cannot be found, in neither copy of its first record.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public MasterFileTable(BlockSource source, ClusterReader clusters, MemoryBudget memory, Action<string> warn)
    {
        _clusters = clusters;
        byte[] first = ReadFirst(warn);
        _source = new TableSource(source);
        _records = new BlockCache(_source, BlockSize, memory.Blocks);
        Locate(new FileRecord(first, 0, Geometry.TableAddress));
        for (int number = 1; number < MirroredRecords; number++)
        {
            if (FindProblem(number) is { } problem && TryReadMirrored(number) is { } copy)
            {
                warn($"file record {number}: {problem}: its copy is used (linux-ntfs, $MFTMirr)");
                _mirrored[number] = copy;
            }
        }
    }

    /// <summary>Records that there are, used or not.</summary>
    public long Count => Math.Min(_source.Length / Geometry.RecordSize, NtfsNode.MaxRecords);

    /// <summary>Pieces that it lies in.</summary>
    public int PieceCount => _source.PieceCount;

    /// <summary>Bytes of the table.</summary>
    public BlockSource Source => _source;

    private Geometry Geometry => _clusters.Geometry;

    /// <summary>A record, checked: it may not be in use.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="buffer">Takes it: <see cref="Geometry.RecordSize"/> bytes.</param>
    /// <exception cref="ImageException">There is none of this number, or it is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public FileRecord Read(long number, Span<byte> buffer)
    {
        if (number < 0 || number >= Count)
        {
            throw new InvalidImageException($"file record {number}", Geometry.TableAddress, $"the {Name} has {Count} records", FileRecord.Clause);
        }

        long offset = number * Geometry.RecordSize;
        if (number < MirroredRecords && _mirrored[number] is { } copy)
        {
            copy.CopyTo(buffer);
            return new FileRecord(buffer, number, Geometry.MirrorAddress + offset);
        }

        _records.ReadAt(offset, buffer);
        long address = _source.Map(offset, 1, out _).Address;
        return FileRecord.Prepare(buffer) is { } problem
            ? throw new InvalidImageException($"file record {number}", address, problem, FileRecord.Clause)
            : new FileRecord(buffer, number, address);
    }

    /// <summary>Has the kernel begin to read records; those that lie together at once.</summary>
    /// <param name="numbers">Their numbers, which it puts in order.</param>
    public void Prefetch(Span<long> numbers)
    {
        numbers.Sort();
        long start = 0;
        long end = 0;
        foreach (long number in numbers)
        {
            if (number >= Count)
            {
                break;
            }

            long offset = number * Geometry.RecordSize;
            if (offset > end + MaxGap)
            {
                Prefetch(start, end);
                start = offset;
            }

            end = offset + Geometry.RecordSize;
        }

        Prefetch(start, end);
    }

    private void Prefetch(long start, long end)
    {
        if (end > start)
        {
            _source.Prefetch(start, end - start);
        }
    }

    private byte[] ReadFirst(Action<string> warn)
    {
        byte[] record = new byte[Geometry.RecordSize];
        string? problem;
        try
        {
            _clusters.Read(Geometry.TableAddress, record);
            problem = FileRecord.Prepare(record);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            problem = e.Message;
        }

        if (problem is null)
        {
            return record;
        }

        if (TryReadMirrored(0) is not { } copy)
        {
            throw new InvalidImageException(Name, Geometry.TableAddress, $"{problem}; the copy of its first record at 0x{Geometry.MirrorAddress:X} is damaged too", FileRecord.Clause);
        }

        warn($"file record 0: {problem}: its copy is used (linux-ntfs, $MFTMirr)");
        _mirrored[0] = copy;
        return copy;
    }

    private byte[]? TryReadMirrored(int number)
    {
        byte[] record = new byte[Geometry.RecordSize];
        try
        {
            _clusters.Read(Geometry.MirrorAddress + (number * Geometry.RecordSize), record);
            return FileRecord.Prepare(record) is null ? record : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }

    private string? FindProblem(int number)
    {
        byte[] record = new byte[Geometry.RecordSize];
        try
        {
            Read(number, record);
            return null;
        }
        catch (Exception e) when (e is InvalidImageException or LinuxException)
        {
            return e is InvalidImageException invalid ? invalid.Problem : e.Message;
        }
    }

    private void Locate(FileRecord record)
    {
        if (!record.TryFind(AttributeType.Data, default, out AttributeRecord data) || !data.IsNonResident || data.LowestVcn != 0)
        {
            throw record.Damaged("it does not tell where the table begins");
        }

        long length = Math.Min(data.DataSize, data.InitializedSize);
        var runs = new RunMapBuilder(Geometry);
        runs.Add(record, data);
        _source.Add(runs.Build(), length);
        if (AttributeList.Read(record, _clusters) is { } list)
        {
            Locate(record, list, runs.NextVcn, length);
        }

        if (_source.Length < length)
        {
            throw record.Damaged($"its runs tell of {_source.Length} bytes of the {length} of the table");
        }

        if (Count < MirroredRecords)
        {
            throw record.Damaged($"the table has {Count} records");
        }
    }

    private void Locate(FileRecord record, AttributeList list, long nextVcn, long length)
    {
        using var buffer = new PooledBuffer(Geometry.RecordSize);
        for (int place = 0; list.TryRead(ref place, out AttributeListEntry entry);)
        {
            if (entry.Type != AttributeType.Data || !entry.Name.IsEmpty || entry.LowestVcn == 0)
            {
                continue;
            }

            FileRecord extension = Read(entry.Record.Record, buffer.Span);
            if (AttributeScan.FindPiece(record.Reference, extension, entry) is not { IsNonResident: true } piece)
            {
                throw list.Damaged($"a piece of the table from its cluster {entry.LowestVcn} on is not in file record {entry.Record}");
            }

            var runs = new RunMapBuilder(Geometry, nextVcn);
            runs.Add(extension, piece);
            nextVcn = runs.NextVcn;
            _source.Add(runs.Build(), length);
        }
    }

    /// <summary>The table's bytes: of each record that tells of some a map of its own, so that what is known can be read while the rest is looked for.</summary>
    private sealed class TableSource(BlockSource volume) : BlockSource
    {
        private readonly List<(long Start, ExtentMap Map)> _pieces = [];
        private long _length;

        public override long Length => _length;

        public override long MapSize => _pieces.Sum(piece => piece.Map.Size);

        public int PieceCount => _pieces.Sum(piece => piece.Map.Extents.Length);

        public void Add(ExtentMap map, long max)
        {
            long start = _pieces.Count == 0 ? 0 : _pieces[^1].Start + _pieces[^1].Map.Length;
            if (map.Length > 0)
            {
                _pieces.Add((start, map));
                _length = Math.Min(max, start + map.Length);
            }
        }

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            int low = 0;
            int high = _pieces.Count - 1;
            while (low < high)
            {
                int middle = (low + high + 1) >>> 1;
                (low, high) = _pieces[middle].Start <= offset ? (middle, high) : (low, middle - 1);
            }

            below = volume;
            (long start, ExtentMap map) = _pieces[low];
            Extent extent = map.Find(offset - start, Math.Min(maxLength, _length - offset));
            return extent with { Offset = offset };
        }
    }
}
