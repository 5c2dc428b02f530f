using System.Buffers.Binary;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>An entry of a directory (ext4: Linear (Classic) Directories): ext4_dir_entry_2.</summary>
internal readonly ref struct DirEntry
{
    /// <summary>Bytes before the name.</summary>
    public const int HeaderSize = 8;

    /// <summary>Bytes that entries are aligned to.</summary>
    public const int Alignment = 4;

    private const int MaxShortLength = 1 << 16;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The entry; what follows it does no harm.</param>
    public DirEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>inode; 0 when the entry is not in use.</summary>
    public uint Inode => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>name_len.</summary>
    public int NameLength => _bytes[6];

    /// <summary>file_type; of an entry without it, the upper byte of name_len, which is 0.</summary>
    public byte FileType => _bytes[7];

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(HeaderSize, NameLength);

    /// <summary>The type that <see cref="FileType"/> says.</summary>
    public NodeType Type => FileTypes.TypeOf(FileType);

    private ushort RawLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);

    /// <summary>rec_len, in which blocks of 64 KiB have two more bits at the low end.</summary>
    /// <param name="blockSize">Size of a block.</param>
    public int Length(int blockSize)
    {
        if (blockSize < MaxShortLength)
        {
            return RawLength;
        }

        return RawLength is 0 or ushort.MaxValue ? blockSize : RawLength;
    }
}

/// <summary>Goes through the entries of a directory's block, or of the part of an inode that takes its place.</summary>
internal ref struct DirEntryWalker
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Geometry _geometry;
    private int _next;

    /// <param name="bytes">The entries, one after the other up to the end.</param>
    /// <param name="geometry">The file system's sizes.</param>
    public DirEntryWalker(ReadOnlySpan<byte> bytes, Geometry geometry)
    {
        _bytes = bytes;
        _geometry = geometry;
    }

    /// <summary>Where the current entry is.</summary>
    public int Offset { get; private set; }

    /// <summary>Where the next entry is.</summary>
    public readonly int NextOffset => _next;

    /// <summary>The entry that the walker is on.</summary>
    public readonly DirEntry Current => new(_bytes[Offset..]);

    /// <summary>Why the walker ended before the end, at <see cref="NextOffset"/>; null when it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next entry that is in use.</summary>
    /// <returns>False at the end, or at an entry that is damaged: the rest cannot be read.</returns>
    public bool MoveNext()
    {
        while (Problem is null && _next < _bytes.Length)
        {
            Problem = FindProblem(_bytes[_next..]);
            if (Problem is not null)
            {
                break;
            }

            Offset = _next;
            DirEntry entry = Current;
            _next += entry.Length(_geometry.BlockSize);
            if (entry.Inode != 0)
            {
                return true;
            }
        }

        return false;
    }

    private readonly string? FindProblem(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < DirEntry.HeaderSize)
        {
            return $"{rest.Length} bytes are left for an entry";
        }

        var entry = new DirEntry(rest);
        int length = entry.Length(_geometry.BlockSize);
        if (length < DirEntry.HeaderSize + entry.NameLength || length < DirEntry.HeaderSize + DirEntry.Alignment
            || length % DirEntry.Alignment != 0 || length > rest.Length)
        {
            return $"an entry of {length} bytes has a name of {entry.NameLength}, and {rest.Length} bytes are left";
        }

        return entry.Inode > _geometry.InodesCount ? $"it names inode {entry.Inode} of {_geometry.InodesCount}" : null;
    }
}
