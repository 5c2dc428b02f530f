using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Indexes;

/// <summary>
/// A node of an index: its head, and its entries in order. That of the root is in $INDEX_ROOT, the others are in the records of
/// $INDEX_ALLOCATION (linux-ntfs, $INDEX_ROOT).
/// </summary>
internal readonly ref struct IndexNode
{
    /// <summary>What specifies it.</summary>
    public const string Clause = "linux-ntfs, Index Record";

    /// <summary>Bytes of its head.</summary>
    public const int HeadLength = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">From its head on to the end of what it is in: at least <see cref="HeadLength"/> bytes.</param>
    public IndexNode(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The bytes with entries, and the head before them.</summary>
    public ReadOnlySpan<byte> Used => _bytes[..(int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..])];

    /// <summary>Where the first entry is.</summary>
    public int Start => (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>The error of something that is wrong with one.</summary>
    /// <param name="address">Where the record that it is in lies in the volume.</param>
    /// <param name="problem">What is wrong.</param>
    public static InvalidImageException Damaged(long address, string problem) => new("index record", address, problem, Clause);

    /// <summary>What is wrong with one of which a key is cut short.</summary>
    /// <param name="offset">Where the entry is in the node.</param>
    public static string NotWhole(int offset) => $"the key at byte {offset} of it is not whole";

    /// <summary>What is wrong with the head; null when nothing is. Only then may its other members be asked.</summary>
    public string? FindProblem()
    {
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(_bytes);
        uint end = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);
        return start < HeadLength || start % IndexEntry.Alignment != 0 || end < start || end > _bytes.Length
            ? $"its entries from byte {start} to {end} are not in its {_bytes.Length} bytes"
            : null;
    }
}

/// <summary>An entry of an index (linux-ntfs, Index Entry).</summary>
/// <param name="bytes">All of it.</param>
internal readonly ref struct IndexEntry(ReadOnlySpan<byte> bytes)
{
    /// <summary>What all offsets of entries are multiples of.</summary>
    public const int Alignment = 8;

    /// <summary>Bytes before its key.</summary>
    public const int HeadLength = 16;

    private const ushort HasChildFlag = 1;
    private const ushort LastFlag = 2;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The file that it leads to, in a directory.</summary>
    public FileReference File => new(_bytes);

    /// <summary>Whether it is the last of its node: it has no key.</summary>
    public bool IsLast => (Flags & LastFlag) != 0;

    /// <summary>Whether entries that come before it are in a further node.</summary>
    public bool HasChild => (Flags & HasChildFlag) != 0;

    /// <summary>Where that node is.</summary>
    public ulong Child => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[^sizeof(ulong)..]);

    /// <summary>What it is in order by; in a directory a name.</summary>
    public ReadOnlySpan<byte> Key => _bytes.Slice(HeadLength, KeyLength);

    /// <summary>What it has for its key, in an index that is no directory; empty when it is not inside of the entry.</summary>
    public ReadOnlySpan<byte> Value =>
        BinaryPrimitives.ReadUInt16LittleEndian(_bytes) is var start && BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]) is var length && start + length <= _bytes.Length
            ? _bytes.Slice(start, length)
            : default;

    private int KeyLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[10..]);

    private ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[12..]);

    /// <summary>Whether what it says is inside of it.</summary>
    public bool IsWhole => HeadLength + (IsLast ? 0 : KeyLength) + (HasChild ? sizeof(ulong) : 0) <= _bytes.Length;
}

/// <summary>Goes through the entries of a node; the last one, which has no key, comes too.</summary>
internal ref struct IndexWalker
{
    private readonly ReadOnlySpan<byte> _used;

    /// <param name="node">A node that was found good; the default has no entries.</param>
    public IndexWalker(IndexNode node)
    {
        _used = node.Used;
        NextOffset = node.Start;
    }

    /// <summary>The entry that it is at.</summary>
    public IndexEntry Current { get; private set; }

    /// <summary>Where the entry is in its node.</summary>
    public int Offset { get; private set; }

    /// <summary>Where the next entry is looked for.</summary>
    public int NextOffset { get; private set; }

    /// <summary>What was wrong where it ended; null when nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether it has come to the last entry.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False behind the last, and where it goes wrong.</returns>
    public bool MoveNext()
    {
        if (IsAtEnd || Problem is not null || _used.IsEmpty)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = _used[NextOffset..];
        int length = rest.Length < IndexEntry.HeadLength ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]);
        if (length < IndexEntry.HeadLength || length % IndexEntry.Alignment != 0 || length > rest.Length || !new IndexEntry(rest[..length]).IsWhole)
        {
            Problem = rest.IsEmpty ? "no entry is marked as its last" : $"at byte {NextOffset} of it is an entry of {length} bytes";
            return false;
        }

        Current = new IndexEntry(rest[..length]);
        Offset = NextOffset;
        NextOffset += length;
        IsAtEnd = Current.IsLast;
        return true;
    }
}
