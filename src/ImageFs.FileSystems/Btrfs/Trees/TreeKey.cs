using System.Buffers.Binary;

namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>The key of an item (btrfs_disk_key): items of a tree are in the order of their keys.</summary>
/// <param name="ObjectId">What the item is of: an inode, a tree, an address.</param>
/// <param name="Type">What the item is.</param>
/// <param name="Offset">Which of those it is; the meaning depends on the type.</param>
internal readonly record struct TreeKey(ulong ObjectId, ItemType Type, ulong Offset) : IComparable<TreeKey>
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 17;

    /// <summary>The smallest key.</summary>
    public static TreeKey Min => default;

    /// <summary>The largest key.</summary>
    public static TreeKey Max => new(ulong.MaxValue, (ItemType)byte.MaxValue, ulong.MaxValue);

    /// <summary>Reads a key.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    public static TreeKey Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes), (ItemType)bytes[8], BinaryPrimitives.ReadUInt64LittleEndian(bytes[9..]));

    /// <summary>Writes the key as it is on disk.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ObjectId);
        bytes[8] = (byte)Type;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[9..], Offset);
    }

    /// <summary>The key right before this one; null before the first.</summary>
    public TreeKey? Previous =>
        Offset > 0 ? this with { Offset = Offset - 1 }
        : Type > 0 ? this with { Type = Type - 1, Offset = ulong.MaxValue }
        : ObjectId > 0 ? new TreeKey(ObjectId - 1, (ItemType)byte.MaxValue, ulong.MaxValue)
        : null;

    /// <summary>The key right after this one; null after the last.</summary>
    public TreeKey? Next =>
        Offset < ulong.MaxValue ? this with { Offset = Offset + 1 }
        : Type < (ItemType)byte.MaxValue ? this with { Type = Type + 1, Offset = 0 }
        : ObjectId < ulong.MaxValue ? new TreeKey(ObjectId + 1, 0, 0)
        : null;

    /// <inheritdoc/>
    public int CompareTo(TreeKey other) =>
        ObjectId != other.ObjectId ? ObjectId.CompareTo(other.ObjectId)
        : Type != other.Type ? ((byte)Type).CompareTo((byte)other.Type)
        : Offset.CompareTo(other.Offset);

    /// <inheritdoc/>
    public override string ToString() => $"({ObjectId} {(byte)Type} {Offset})";

    public static bool operator <(TreeKey left, TreeKey right) => left.CompareTo(right) < 0;

    public static bool operator >(TreeKey left, TreeKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(TreeKey left, TreeKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TreeKey left, TreeKey right) => left.CompareTo(right) >= 0;
}

/// <summary>What an item is (btrfs_tree.h: BTRFS_*_KEY).</summary>
internal enum ItemType : byte
{
    InodeItem = 1,
    InodeRef = 12,
    InodeExtref = 13,
    XattrItem = 24,
    VerityDescriptor = 36,
    VerityMerkle = 37,
    OrphanItem = 48,
    DirLogItem = 60,
    DirLogIndex = 72,
    DirItem = 84,
    DirIndex = 96,
    ExtentData = 108,
    ExtentChecksum = 128,
    RootItem = 132,
    RootBackref = 144,
    RootRef = 156,
    ExtentItem = 168,
    MetadataItem = 169,
    ExtentOwnerRef = 172,
    TreeBlockRef = 176,
    ExtentDataRef = 178,
    SharedBlockRef = 182,
    SharedDataRef = 184,
    BlockGroupItem = 192,
    FreeSpaceInfo = 198,
    FreeSpaceExtent = 199,
    FreeSpaceBitmap = 200,
    DeviceExtent = 204,
    DeviceItem = 216,
    ChunkItem = 228,
    RaidStripe = 230,
    QgroupStatus = 240,
    TemporaryItem = 248,
    PersistentItem = 249,
    DeviceReplace = 250,
    UuidSubvolume = 251,
    UuidReceivedSubvolume = 252,
    StringItem = 253,
}

/// <summary>Objects of fixed numbers: trees, and what is in them (btrfs_tree.h: BTRFS_*_OBJECTID).</summary>
internal static class ObjectIds
{
    public const ulong RootTree = 1;
    public const ulong ExtentTree = 2;
    public const ulong ChunkTree = 3;
    public const ulong DeviceTree = 4;

    /// <summary>The subvolume at the top, which holds all others.</summary>
    public const ulong FsTree = 5;

    /// <summary>The directory in the root tree, which names the default subvolume.</summary>
    public const ulong RootTreeDirectory = 6;

    public const ulong ChecksumTree = 7;
    public const ulong QuotaTree = 8;
    public const ulong UuidTree = 9;
    public const ulong FreeSpaceTree = 10;
    public const ulong BlockGroupTree = 11;
    public const ulong RaidStripeTree = 12;

    /// <summary>Of device items, in the chunk tree.</summary>
    public const ulong Devices = 1;

    /// <summary>The inode number of the empty directory that stands for a subvolume which a snapshot does not hold.</summary>
    public const ulong EmptySubvolumeDirectory = 2;

    /// <summary>The first number of a subvolume, of a chunk's owner, and of a file: the root directory of a subvolume.</summary>
    public const ulong FirstFree = 256;

    /// <summary>The last number of a file or subvolume.</summary>
    public const ulong LastFree = unchecked((ulong)-256L);

    public const ulong Balance = unchecked((ulong)-4L);
    public const ulong Orphan = unchecked((ulong)-5L);
    public const ulong TreeLog = unchecked((ulong)-6L);
    public const ulong TreeRelocation = unchecked((ulong)-8L);
    public const ulong DataRelocationTree = unchecked((ulong)-9L);
    public const ulong ExtentChecksum = unchecked((ulong)-10L);
    public const ulong FreeSpace = unchecked((ulong)-11L);

    /// <summary>Whether a tree is one of files: the top one, a subvolume or a snapshot.</summary>
    public static bool IsSubvolume(ulong tree) => tree == FsTree || tree is >= FirstFree and <= LastFree;
}
