using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>A tree, as the root tree has it (btrfs_root_item).</summary>
internal readonly ref struct RootItem
{
    /// <summary>Bytes that every one has.</summary>
    public const int OldSize = 239;

    /// <summary>Bytes of one with UUIDs and times.</summary>
    public const int Size = OldSize + 200;

    private readonly ReadOnlySpan<byte> _bytes;

    private RootItem(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>generation.</summary>
    public ulong Generation => UInt64(160);

    /// <summary>root_dirid: the root directory of a subvolume.</summary>
    public ulong RootDirectory => UInt64(168);

    /// <summary>bytenr: the logical address of the root node.</summary>
    public ulong Address => UInt64(176);

    /// <summary>bytes_used: bytes of its nodes.</summary>
    public ulong BytesUsed => UInt64(192);

    /// <summary>flags: whether it is read-only.</summary>
    public bool IsReadOnly => (UInt64(208) & 1) != 0;

    /// <summary>refs: 0 of a subvolume that was deleted, and is not all gone yet.</summary>
    public uint References => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[216..]);

    /// <summary>level of the root node.</summary>
    public int Level => _bytes[238];

    /// <summary>uuid; null where it has none.</summary>
    public Guid? Uuid => Id(247);

    /// <summary>parent_uuid: that of the subvolume that this was a snapshot of.</summary>
    public Guid? ParentUuid => Id(263);

    /// <summary>received_uuid: that of the subvolume that this was received as (btrfs receive).</summary>
    public Guid? ReceivedUuid => Id(279);

    /// <summary>otime: when the subvolume was made; null where it is not known.</summary>
    public Timestamp? BirthTime => IsExtended && UInt64(339) != 0
        ? new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(_bytes[339..]), BinaryPrimitives.ReadUInt32LittleEndian(_bytes[347..]))
        : null;

    // generation_v2: a kernel that does not know what follows leaves it behind.
    private bool IsExtended => _bytes.Length >= Size && UInt64(239) == Generation;

    /// <summary>Reads the item that a cursor is on.</summary>
    /// <exception cref="Storage.InvalidImageException">It is too short.</exception>
    public static RootItem Read(Trees.Tree tree, in TreeCursor cursor) => Read(tree, cursor.Address, cursor.Data);

    /// <summary>Reads an item.</summary>
    /// <exception cref="Storage.InvalidImageException">It is too short.</exception>
    public static RootItem Read(Trees.Tree tree, ulong address, ReadOnlySpan<byte> bytes) => bytes.Length >= OldSize
        ? new RootItem(bytes)
        : throw tree.Damaged("btrfs_root_item", address, $"it has {bytes.Length} bytes");

    /// <summary>Where the tree is.</summary>
    /// <param name="tree">Its object.</param>
    public NodePointer ToPointer(ulong tree) => new(tree, Address, Level, Generation);

    private Guid? Id(int offset) => IsExtended && _bytes.Slice(offset, 16).ContainsAnyExcept((byte)0) ? new Guid(_bytes.Slice(offset, 16), bigEndian: true) : null;

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}

/// <summary>Where a subvolume is in another one (btrfs_root_ref, of ROOT_REF and ROOT_BACKREF).</summary>
internal readonly ref struct RootRef
{
    private const int HeaderSize = 18;

    private readonly ReadOnlySpan<byte> _bytes;

    private RootRef(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>dirid: the directory that names it.</summary>
    public ulong Directory => BinaryPrimitives.ReadUInt64LittleEndian(_bytes);

    /// <summary>sequence: the index of the name there.</summary>
    public ulong Index => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    /// <summary>The name, of name_len bytes.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(HeaderSize, BinaryPrimitives.ReadUInt16LittleEndian(_bytes[16..]));

    /// <summary>Reads the item that a cursor is on.</summary>
    /// <exception cref="Storage.InvalidImageException">Its name does not fit.</exception>
    public static RootRef Read(Trees.Tree tree, in TreeCursor cursor)
    {
        ReadOnlySpan<byte> bytes = cursor.Data;
        return bytes.Length >= HeaderSize && HeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]) <= bytes.Length
            ? new RootRef(bytes)
            : throw tree.Damaged("btrfs_root_ref", cursor.Address, $"its name does not fit {bytes.Length} bytes");
    }
}
