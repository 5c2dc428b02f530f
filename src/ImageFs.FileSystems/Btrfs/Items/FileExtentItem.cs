using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>A piece of a file, from the offset of its key on (btrfs_file_extent_item).</summary>
internal readonly ref struct FileExtentItem
{
    /// <summary>Bytes before the data of an inline one.</summary>
    public const int HeaderSize = 21;

    /// <summary>Bytes of one that is not inline.</summary>
    public const int Size = 53;

    /// <summary>BTRFS_MAX_UNCOMPRESSED and BTRFS_MAX_COMPRESSED: the most bytes of a compressed extent, decoded and as they are stored.</summary>
    public const int MaxCompressed = 128 * 1024;

    private readonly ReadOnlySpan<byte> _bytes;

    private FileExtentItem(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>generation.</summary>
    public ulong Generation => UInt64(0);

    /// <summary>ram_bytes: bytes of the whole extent, decoded.</summary>
    public ulong RamBytes => UInt64(8);

    /// <summary>compression.</summary>
    public CompressionKind Compression => (CompressionKind)_bytes[16];

    /// <summary>type.</summary>
    public FileExtentType Type => (FileExtentType)_bytes[20];

    /// <summary>The data of an inline one, as it is stored.</summary>
    public ReadOnlySpan<byte> InlineData => _bytes[HeaderSize..];

    /// <summary>disk_bytenr: the logical address of the whole extent; 0 of a hole.</summary>
    public ulong DiskAddress => UInt64(21);

    /// <summary>disk_num_bytes: bytes that the whole extent takes there.</summary>
    public ulong DiskBytes => UInt64(29);

    /// <summary>offset: where the piece begins in the extent, decoded.</summary>
    public ulong Offset => UInt64(37);

    /// <summary>num_bytes: bytes of the piece.</summary>
    public ulong Bytes => UInt64(45);

    /// <summary>Reads and checks the item that a cursor is on.</summary>
    /// <param name="tree">The tree, for messages.</param>
    /// <param name="cursor">On an item of <see cref="ItemType.ExtentData"/>.</param>
    /// <param name="sectorSize">The unit of extents.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It is encrypted, or otherwise encoded in a way that is not read.</exception>
    public static FileExtentItem Read(Trees.Tree tree, in TreeCursor cursor, int sectorSize) =>
        Read(tree, cursor.Address, cursor.Key, cursor.Data, sectorSize);

    /// <summary>Reads and checks an item.</summary>
    /// <param name="tree">The tree, for messages.</param>
    /// <param name="address">Its logical address, for messages.</param>
    /// <param name="key">Its key.</param>
    /// <param name="bytes">Its data.</param>
    /// <param name="sectorSize">The unit of extents.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It is encrypted, or otherwise encoded in a way that is not read.</exception>
    public static FileExtentItem Read(Trees.Tree tree, ulong address, TreeKey key, ReadOnlySpan<byte> bytes, int sectorSize)
    {
        var item = new FileExtentItem(bytes);
        if (bytes.Length < HeaderSize || (item.Type != FileExtentType.Inline && bytes.Length < Size))
        {
            throw tree.Damaged("btrfs_file_extent_item", address, $"it has {bytes.Length} bytes");
        }

        // encryption, other_encoding.
        if ((bytes[17] | bytes[18] | bytes[19]) != 0)
        {
            throw new UnsupportedFeatureException($"an encrypted extent of inode {key.ObjectId}", "btrfs_file_extent_item");
        }

        return item.FindProblem(key.Offset, sectorSize) is { } problem ? throw tree.Damaged("btrfs_file_extent_item", address, problem) : item;
    }

    private string? FindProblem(ulong start, int sectorSize)
    {
        if (Compression > CompressionKind.Zstd)
        {
            return $"its compression is {(byte)Compression}";
        }

        ulong mask = (uint)sectorSize - 1;
        switch (Type)
        {
            case FileExtentType.Inline:
                return start != 0 ? $"inline data is at byte {start} of the file"
                    : RamBytes > MaxCompressed ? $"{RamBytes} bytes are inline"
                    : Compression == CompressionKind.None && (ulong)InlineData.Length != RamBytes ? $"{InlineData.Length} bytes are inline, and should be {RamBytes}"
                    : null;
            case FileExtentType.Regular or FileExtentType.Prealloc:
                if (((start | DiskAddress | DiskBytes | Offset | Bytes) & mask) != 0 || Bytes is 0 or > long.MaxValue || start > long.MaxValue - Bytes)
                {
                    return $"{Bytes} bytes at {start} of the file, from {Offset} of {DiskBytes} at 0x{DiskAddress:X}, are no whole sectors of {sectorSize}";
                }

                if (DiskAddress == 0)
                {
                    return null;
                }

                if (Compression != CompressionKind.None && (RamBytes > MaxCompressed || DiskBytes > MaxCompressed || DiskBytes == 0))
                {
                    return $"a compressed extent of {RamBytes} bytes is stored in {DiskBytes}";
                }

                // Kernels have written wrong ram_bytes where nothing is compressed.
                ulong whole = Compression == CompressionKind.None ? DiskBytes : RamBytes;
                return DiskBytes > long.MaxValue || DiskAddress > long.MaxValue - DiskBytes || Offset > whole || Bytes > whole - Offset
                    ? $"{Bytes} bytes from {Offset} are not in an extent of {whole}"
                    : null;
            default:
                return $"its type is {(byte)Type}";
        }
    }

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}

/// <summary>type of a piece of a file (BTRFS_FILE_EXTENT_*).</summary>
internal enum FileExtentType : byte
{
    /// <summary>The data is in the item.</summary>
    Inline = 0,

    Regular = 1,

    /// <summary>Allocated, and reads as zeros.</summary>
    Prealloc = 2,
}

/// <summary>compression of a piece of a file (BTRFS_COMPRESS_*).</summary>
internal enum CompressionKind : byte
{
    None = 0,
    Zlib = 1,
    Lzo = 2,
    Zstd = 3,
}
