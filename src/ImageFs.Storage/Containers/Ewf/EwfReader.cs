using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>What the sections of all segments tell: read when an image is opened, one after the other.</summary>
internal sealed class EwfReader
{
    // A descriptor for each.
    private const int MaxSegments = 4095;

    // 64 MiB, which are read when the first of its chunks is; writers stop at 65,534.
    private const uint MaxEntries = 1 << 24;

    private readonly Action<string> _warn;
    private readonly MemoryBudget _memory;
    private readonly List<ChunkTable> _tables = [];
    private readonly List<StoredHash> _hashes = [];
    private CaseData? _case;
    private bool _isCaseNew;
    private long _chunks;

    private EwfReader(OpenContext context)
    {
        _warn = context.Warn;
        _memory = context.Memory;
    }

    /// <summary>What is known of the disk.</summary>
    public Geometry Geometry { get; private set; } = null!;

    /// <summary>The tables of chunks, in the order of their chunks, without a gap.</summary>
    public IReadOnlyList<ChunkTable> Tables => _tables;

    /// <summary>Hashes of the disk.</summary>
    public IReadOnlyList<StoredHash> Hashes => _hashes;

    /// <summary>What the examiner wrote down; null for nothing.</summary>
    public CaseData? Case => _case;

    /// <summary>The segments, from the first on.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>How many runs of sectors could not be read from the medium.</summary>
    public long BadRuns { get; private set; }

    /// <summary>What follows the chunks that are known, as the end of a sentence; null where all of them are known.</summary>
    public string? Missing { get; private set; }

    /// <summary>Chunks that are known.</summary>
    public long Chunks => _chunks;

    /// <summary>Reads the sections of an image.</summary>
    /// <param name="file">Its first segment.</param>
    /// <param name="context">What it is opened with.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">A segment cannot be read.</exception>
    public static EwfReader Read(ImageFile file, OpenContext context)
    {
        var reader = new EwfReader(context);
        reader.ReadSegments(file);
        return reader;
    }

    private void ReadSegments(ImageFile file)
    {
        SegmentName? names = SegmentName.Of(file.Name);
        BlockSource source = file.Source;
        string name = Path.GetFileName(file.Name);
        for (int number = 1; ; number++)
        {
            var segment = new Segment(source, name, _memory);
            int found = segment.ReadNumber();
            if (found != number)
            {
                throw number == 1
                    ? new UnsupportedFeatureException($"{name} by itself: it is segment {found} of a forensic image (name the first, which ends in .E01)")
                    : segment.Invalid("header", 9, $"it is segment {found}, and its name is that of segment {number}");
            }

            Segments.Add(segment);
            if (!ReadSegment(segment))
            {
                break;
            }

            string? next = names?.Find(number + 1);
            if (next is null || number == MaxSegments)
            {
                throw new UnsupportedFeatureException($"segment {number + 1} of a forensic image whose first is named {file.Name}");
            }

            if (!file.Folder.Contains(next))
            {
                Missing = $"the segment {next} is missing";
                break;
            }

            source = file.OpenBeside(next, "segment").Source;
            name = next;
        }

        if (Geometry is null)
        {
            throw Segments[0].Invalid("volume section", 0, "there is none");
        }

        long needed = (Geometry.Length + Geometry.ChunkSize - 1) / Geometry.ChunkSize;
        if (Missing is not null || _chunks < needed)
        {
            Missing ??= "the image ends before: it was not written to its end";
            _warn($"{Missing}: {_chunks} of {needed} chunks are there, and what lies beyond them cannot be read");
        }
    }

    // Whether another segment is to follow.
    private bool ReadSegment(Segment segment)
    {
        Section? sectors = null;
        Table? table = null;
        string last = string.Empty;
        try
        {
            foreach (Section section in segment.ReadSections())
            {
                if (section.Type != "table2")
                {
                    Finish(segment, ref table);
                }

                last = section.Type;
                switch (section.Type)
                {
                    case "sectors":
                        sectors = section;
                        break;
                    case "table":
                        table = new Table(section, ReadTable(segment, section), sectors);
                        sectors = null;
                        break;
                    case "table2":
                        AddCopy(segment, section, ref table, ref sectors);
                        break;
                    case "volume" or "disk" or "data":
                        ReadGeometry(segment, section);
                        break;
                    case "header" or "header2":
                        ReadCase(segment, section);
                        break;
                    case "hash" or "digest":
                        ReadHashes(segment, section);
                        break;
                    case "error2":
                        BadRuns += ReadBadRuns(segment, section);
                        break;
                    case "ltree" or "ltypes":
                        throw new UnsupportedFeatureException("a forensic collection of files (L01: ewfmount -f files shows them)");
                }
            }
        }
        catch (TruncatedImageException e) when (Geometry is not null)
        {
            // What was told before is there.
            Missing = e.Message;
        }

        Finish(segment, ref table);
        return last == "next";
    }

    private TableCopy? ReadTable(Segment segment, Section section)
    {
        if (section.Length < TableHeader.Length)
        {
            throw segment.Invalid("table section", section.Address, $"it has {section.Length} bytes");
        }

        Span<byte> bytes = stackalloc byte[TableHeader.Length];
        segment.Source.ReadAt(section.Start, bytes);
        var header = new TableHeader(bytes);
        if (!header.HasChecksum || header.Count > (section.Length - TableHeader.Length) / sizeof(uint) || header.Base > (ulong)segment.Source.Length)
        {
            return null;
        }

        return header.Count <= MaxEntries
            ? new TableCopy(section, (int)header.Count, (long)header.Base)
            : throw new UnsupportedFeatureException($"ewf with a table of {header.Count} chunks", "EWF: table section");
    }

    private void AddCopy(Segment segment, Section section, ref Table? table, ref Section? sectors)
    {
        table ??= new Table(section, null, sectors);
        sectors = null;
        table = table with { Second = ReadTable(segment, section) };
    }

    private void Finish(Segment segment, ref Table? found)
    {
        if (found is not { } table)
        {
            return;
        }

        found = null;
        TableCopy[] copies = (table.First, table.Second) switch
        {
            ({ } first, { } second) when second.Count == first.Count => [first, second],
            ({ } first, _) => [first],
            (null, { } second) => [second],
            _ => throw segment.Invalid("table section", table.Section.Address, "neither its header nor that of its copy is sound"),
        };
        if (table.First is null)
        {
            _warn($"the header of the table at 0x{table.Section.Address:X} of {segment.Name} is damaged: its copy is read");
        }

        // Where there is no section of sectors, the chunks are in the table's own, and it has no checksum.
        bool hasSectors = table.Sectors is not null;
        if (copies[0].Count > 0)
        {
            _tables.Add(new ChunkTable(segment, _chunks, copies, (table.Sectors ?? copies[0].Section).End, hasSectors));
            _chunks = checked(_chunks + copies[0].Count);
        }
    }

    private void ReadGeometry(Segment segment, Section section)
    {
        // A copy of it may be shorter where nothing is wrong.
        if (Geometry is not null && section.Type == "data" && section.Length == 0)
        {
            return;
        }

        var geometry = Geometry.Read(segment, section);
        if (Geometry is not null && !Geometry.IsOfOneWith(geometry))
        {
            throw segment.Invalid("data section", section.Address, "it is of another image than the first segment");
        }

        Geometry ??= geometry;
    }

    // The newer of the two has all characters; each may be there twice.
    private void ReadCase(Segment segment, Section section)
    {
        bool isNew = section.Type == "header2";
        if (_case is not null && (_isCaseNew || !isNew))
        {
            return;
        }

        try
        {
            _case = CaseData.Read(segment, section);
            _isCaseNew = isNew;
        }
        catch (InvalidImageException e)
        {
            _warn($"what the examiner wrote down cannot be read: {e.Message}");
        }
    }

    private void ReadHashes(Segment segment, Section section)
    {
        try
        {
            foreach (StoredHash hash in StoredHash.Read(segment, section))
            {
                if (_hashes.TrueForAll(known => known.Name != hash.Name || known.Value != hash.Value))
                {
                    _hashes.Add(hash);
                }
            }
        }
        catch (InvalidImageException e)
        {
            _warn(e.Message);
        }
    }

    private static long ReadBadRuns(Segment segment, Section section)
    {
        if (section.Length < sizeof(uint))
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        segment.Source.ReadAt(section.Start, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    // A table, its copy, and where their chunks are.
    private sealed record Table(Section Section, TableCopy? First, Section? Sectors)
    {
        public TableCopy? Second { get; init; }
    }
}
