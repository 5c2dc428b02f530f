using System.Buffers.Binary;

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

    /// <param name="bytes">The entry; what is behind it does no harm.</param>
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
    public NodeType Type => FileType switch
    {
        1 => NodeType.Regular,
        2 => NodeType.Directory,
        3 => NodeType.CharacterDevice,
        4 => NodeType.BlockDevice,
        5 => NodeType.Fifo,
        6 => NodeType.Socket,
        7 => NodeType.SymbolicLink,
        _ => NodeType.Unknown,
    };

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
