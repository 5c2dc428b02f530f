using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>A name in a directory, or an extended attribute (btrfs_dir_item).</summary>
internal readonly ref struct DirItem
{
    /// <summary>Bytes before the name.</summary>
    public const int HeaderSize = TreeKey.Size + 13;

    /// <summary>BTRFS_NAME_LEN.</summary>
    public const int MaxNameLength = 255;

    private const byte Encrypted = 0x80;

    private readonly ReadOnlySpan<byte> _bytes;

    private DirItem(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>location: the inode, or the root of the subvolume, that the name is of.</summary>
    public TreeKey Location => TreeKey.Read(_bytes);

    /// <summary>transid.</summary>
    public ulong TransactionId => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[17..]);

    /// <summary>type, as it is on disk.</summary>
    public byte RawType => _bytes[29];

    /// <summary>type: that of the inode.</summary>
    public NodeType Type => FileTypes.TypeOf(RawType & ~Encrypted);

    /// <summary>Whether the name is encrypted.</summary>
    public bool IsEncrypted => (RawType & Encrypted) != 0;

    /// <summary>The name, of name_len bytes.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(HeaderSize, NameLength);

    /// <summary>The value of an extended attribute, of data_len bytes.</summary>
    public ReadOnlySpan<byte> Value => _bytes.Slice(HeaderSize + NameLength, DataLength);

    private int DataLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[25..]);

    private int NameLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[27..]);

    /// <summary>Takes the first of the names that are in one item: of those whose hashes are the same.</summary>
    /// <param name="tree">The tree, for messages.</param>
    /// <param name="address">The logical address of the bytes, for messages.</param>
    /// <param name="bytes">The item; what follows the name afterwards.</param>
    /// <exception cref="InvalidImageException">It does not fit.</exception>
    public static DirItem Take(Trees.Tree tree, ulong address, scoped ref ReadOnlySpan<byte> bytes)
    {
        var item = new DirItem(bytes);
        if (bytes.Length < HeaderSize || HeaderSize + item.NameLength + item.DataLength > bytes.Length)
        {
            throw tree.Damaged("btrfs_dir_item", address, $"its name and value do not fit {bytes.Length} bytes");
        }

        bytes = bytes[(HeaderSize + item.NameLength + item.DataLength)..];
        return item;
    }

    /// <summary>btrfs_name_hash: what a name is found by, as the offset of a key.</summary>
    public static ulong Hash(ReadOnlySpan<byte> name) => Crc32C.Append(unchecked((uint)~1), name);
}
