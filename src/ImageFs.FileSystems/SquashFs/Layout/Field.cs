using System.Buffers.Binary;

namespace ImageFs.FileSystems.SquashFs.Layout;

/// <summary>
/// A field of a structure on disk. Before version 4 structures were bit fields of C, laid out by the machine that wrote them: counted from the
/// lowest bit of the first byte where that was little-endian, from the highest where it was big-endian. So one position does for both.
/// </summary>
/// <param name="Position">Bits before it.</param>
/// <param name="Width">Its bits; 0 for a field that a version does not have.</param>
internal readonly record struct Field(int Position, int Width)
{
    /// <summary>Where the byte after it is.</summary>
    public int End => (Position + Width + 7) / 8;
}

/// <summary>Reads the fields of a structure.</summary>
/// <param name="bytes">Its bytes.</param>
/// <param name="isBigEndian">How the machine that wrote it counted.</param>
internal readonly ref struct Fields(ReadOnlySpan<byte> bytes, bool isBigEndian)
{
    private const int WordBits = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The value of a field, without a sign; 0 where there is no such field.</summary>
    public ulong this[Field field]
    {
        get
        {
            if (field.Width == 0)
            {
                return 0;
            }

            ulong word = Load(_bytes[(field.Position / 8)..]);
            int shift = field.Position % 8;
            int unused = WordBits - field.Width;
            return isBigEndian ? word << shift >> unused : word >> shift << unused >> unused;
        }
    }

    /// <summary>The value of a field of at most 32 bits.</summary>
    public uint Word(Field field) => (uint)this[field];

    /// <summary>The value of a field of less than 32 bits.</summary>
    public int Small(Field field) => (int)this[field];

    private ulong Load(ReadOnlySpan<byte> from)
    {
        if (from.Length < sizeof(ulong))
        {
            return LoadLast(from);
        }

        return isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(from) : BinaryPrimitives.ReadUInt64LittleEndian(from);
    }

    private ulong LoadLast(ReadOnlySpan<byte> from)
    {
        Span<byte> last = stackalloc byte[sizeof(ulong)];
        last.Clear();
        from.CopyTo(last);
        return isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(last) : BinaryPrimitives.ReadUInt64LittleEndian(last);
    }
}
