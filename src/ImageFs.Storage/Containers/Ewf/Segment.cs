namespace ImageFs.Storage.Containers.Ewf;

/// <summary>One segment file: its sections, which follow each other.</summary>
/// <param name="source">The file.</param>
/// <param name="name">Its name, for messages.</param>
/// <param name="memory">Keeps what is read of its tables.</param>
internal sealed class Segment(BlockSource source, string name, MemoryBudget memory)
{
    // A segment of 16 TiB has a tenth of it.
    private const int MaxSections = 1 << 20;

    /// <summary>The file.</summary>
    public BlockSource Source => source;

    /// <summary>Its name, for messages.</summary>
    public string Name => name;

    /// <summary>Its bytes, through the cache of tables.</summary>
    public BlockCache Cache { get; } = new(source, TableDisk.TableCacheBlock, memory.Blocks);

    /// <summary>Reads the header.</summary>
    /// <returns>The number of the segment, from 1 on.</returns>
    /// <exception cref="InvalidImageException">It is no segment.</exception>
    /// <exception cref="TruncatedImageException">It is cut short.</exception>
    public int ReadNumber()
    {
        Span<byte> bytes = stackalloc byte[SegmentHeader.Length];
        source.ReadAt(0, bytes);
        var header = new SegmentHeader(bytes);
        return header.HasMagic ? header.Number : throw Invalid("header", 0, "it has no magic number");
    }

    /// <summary>The sections, one after the other, each read when it is asked for: the last one is "next" or "done".</summary>
    /// <exception cref="InvalidImageException">One is damaged.</exception>
    /// <exception cref="TruncatedImageException">The file ends before the last one.</exception>
    public IEnumerable<Section> ReadSections()
    {
        long address = SegmentHeader.Length;
        for (int i = 0; i < MaxSections; i++)
        {
            Section section = ReadSection(address, out long next);
            yield return section;
            if (section.Type is "next" or "done")
            {
                yield break;
            }

            address = next > address ? next : throw Invalid("section", address, $"the one after it begins at 0x{next:X}, and it is not the last");
        }

        throw Invalid("section", address, $"the segment has more than {MaxSections}");
    }

    /// <summary>The error of a structure of this segment.</summary>
    public InvalidImageException Invalid(string structure, long address, string problem) =>
        new($"ewf {structure}", address, $"{problem}, in {name}", $"EWF: {structure}");

    private Section ReadSection(long address, out long next)
    {
        if (address > source.Length - SectionHeader.Length)
        {
            throw new TruncatedImageException($"{name} is cut short: its next section is to begin at 0x{address:X}, and it has {source.Length} bytes");
        }

        Span<byte> bytes = stackalloc byte[SectionHeader.Length];
        source.ReadAt(address, bytes);
        var header = new SectionHeader(bytes);
        if (!header.HasChecksum)
        {
            throw Invalid("section descriptor", address, "its checksum is wrong");
        }

        if (header.Next > long.MaxValue || (header.Size > 0 && (header.Size < SectionHeader.Length || header.Size > (ulong)(long.MaxValue - address))))
        {
            throw Invalid("section descriptor", address, $"it has {header.Size} bytes, and the next is at 0x{header.Next:X}");
        }

        next = (long)header.Next;
        return new Section(header.Type, address, header.Size == 0 ? 0 : (long)header.Size - SectionHeader.Length);
    }
}
