using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs.Files;

/// <summary>The fragments: blocks with the ends of many files in each.</summary>
/// <param name="volume">The volume.</param>
/// <param name="metadata">Its metadata.</param>
/// <param name="super">Its super block.</param>
internal sealed class FragmentTable(BlockSource volume, MetadataReader metadata, SuperBlock super)
{
    private const string Structure = "fragment table";
    private const string Clause = "squashfs_fragment_entry";

    private const int LengthsPerPart = 512;

    private readonly IndexedTable? _table = super.Fragments == 0 || super.Layout.FragmentEntrySize == 0
        ? null
        : new IndexedTable("fragments", volume, metadata, super.FragmentTable, super.Fragments, super.Layout.FragmentEntrySize, super);

    // Bytes of those that were decoded, which no table tells; 0 for the others. It is made when one was, and the table is known to be there.
    private int[]?[]? _lengths;

    /// <summary>Fragments that there are.</summary>
    public long Count => _table?.Count ?? 0;

    /// <summary>Reads an entry.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>Where the fragment begins, and how it is stored.</returns>
    /// <exception cref="ImageException">There is no such fragment.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public (long Address, StoredBlock Block) Read(uint number)
    {
        if (number >= Count)
        {
            throw new InvalidImageException(Structure, (long)Math.Min(super.FragmentTable, long.MaxValue), $"fragment {number} is asked for, and there are {Count}", Clause);
        }

        Span<byte> entry = stackalloc byte[super.Layout.FragmentEntrySize];
        _table!.Read(number, entry);
        var fields = new Fields(entry, super.Magic.IsBigEndian);
        int addressBits = super.Layout.PointerSize * 8;
        ulong address = fields[new Field(0, addressBits)];
        var block = StoredBlock.Of(fields.Word(new Field(addressBits, 32)));
        return address < super.BytesUsed && (uint)block.Length <= super.BytesUsed - address && block.Length > 0 && block.Length <= super.BlockSize
            ? ((long)address, block)
            : throw new InvalidImageException(Structure, (long)super.FragmentTable, $"fragment {number} has {block.Length} bytes at 0x{address:X}", Clause);
    }

    /// <summary>Bytes of a fragment, if it was decoded before.</summary>
    public bool TryFindLength(uint number, out int length)
    {
        int[]? part = Volatile.Read(ref _lengths) is { } lengths ? Volatile.Read(ref lengths[number / LengthsPerPart]) : null;
        length = part is null ? 0 : Volatile.Read(ref part[number % LengthsPerPart]);
        return length > 0;
    }

    /// <summary>A fragment was decoded.</summary>
    public void NoteLength(uint number, int length)
    {
        int[]?[] lengths = Volatile.Read(ref _lengths) ?? Interlocked.CompareExchange(ref _lengths, new int[(Count / LengthsPerPart) + 1][], null) ?? _lengths!;
        ref int[]? part = ref lengths[number / LengthsPerPart];
        int[] known = Volatile.Read(ref part) ?? Interlocked.CompareExchange(ref part, new int[LengthsPerPart], null) ?? part!;
        Volatile.Write(ref known[number % LengthsPerPart], length);
    }
}
