using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>An extent, as the extent tree has it (btrfs_extent_item), and its references in the item and behind it.</summary>
internal sealed class ExtentRecord
{
    private const int HeaderSize = 24;
    private const int TreeInfoSize = TreeKey.Size + 1;
    private const int DataReferenceSize = 28;
    private const ulong DataFlag = 1;
    private const ulong TreeFlag = 2;
    private const ulong FullBackrefFlag = 0x100;

    /// <summary>The logical address.</summary>
    public ulong Address { get; private init; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; private init; }

    /// <summary>The level of a node; -1 of data.</summary>
    public int Level { get; private init; }

    /// <summary>refs: how many references there are.</summary>
    public ulong Count { get; private init; }

    /// <summary>Whether what the node refers to has it as the parent, not its tree (FULL_BACKREF).</summary>
    public bool IsParent { get; private init; }

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>The references, and how many of each.</summary>
    public List<(Reference Reference, long Count)> References { get; } = [];

    /// <summary>Reads the item that a cursor is on, without references behind it.</summary>
    /// <param name="tree">The extent tree, for messages.</param>
    /// <param name="cursor">On an item of an extent.</param>
    /// <param name="nodeSize">Bytes of a node.</param>
    /// <exception cref="Storage.InvalidImageException">It does not fit.</exception>
    public static ExtentRecord Read(Trees.Tree tree, in TreeCursor cursor, int nodeSize)
    {
        ReadOnlySpan<byte> data = cursor.Data;
        TreeKey key = cursor.Key;
        if (data.Length < HeaderSize)
        {
            throw tree.Damaged("btrfs_extent_item", cursor.Address, $"it has {data.Length} bytes");
        }

        ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(data[16..]);
        bool isTree = (flags & TreeFlag) != 0;
        bool isSkinny = key.Type == ItemType.MetadataItem;
        int start = HeaderSize + (isTree && !isSkinny ? TreeInfoSize : 0);
        if (data.Length < start || isTree == ((flags & DataFlag) != 0) || (isSkinny && !isTree))
        {
            throw tree.Damaged("btrfs_extent_item", cursor.Address, $"its flags are 0x{flags:X}, and it has {data.Length} bytes");
        }

        var record = new ExtentRecord
        {
            Address = key.ObjectId,
            Length = isSkinny ? (ulong)nodeSize : key.Offset,
            Level = !isTree ? -1 : isSkinny ? (int)Math.Min(key.Offset, TreeNode.MaxLevels) : data[start - 1],
            Count = BinaryPrimitives.ReadUInt64LittleEndian(data),
            IsParent = (flags & FullBackrefFlag) != 0,
        };
        if (isTree && record.Length != (ulong)nodeSize)
        {
            record.Problem = $"a node of {record.Length} bytes";
        }

        for (ReadOnlySpan<byte> rest = data[start..]; rest.Length > 0;)
        {
            if (!record.TryTakeInline(ref rest))
            {
                throw tree.Damaged("btrfs_extent_inline_ref", cursor.Address, $"a reference of type {rest[0]} does not fit the {data.Length} bytes of an extent of 0x{key.ObjectId:X}");
            }
        }

        return record;
    }

    /// <summary>Adds a reference that is an item of its own.</summary>
    /// <returns>False when the item is none.</returns>
    public bool TryAddKeyed(in TreeKey key, ReadOnlySpan<byte> data)
    {
        switch (key.Type)
        {
            case ItemType.TreeBlockRef:
                Add(ToReference(key.Offset, 0), 1);
                return true;
            case ItemType.SharedBlockRef:
                Add(ToReference(0, key.Offset), 1);
                return true;
            case ItemType.SharedDataRef when data.Length >= sizeof(uint):
                Add(ToReference(0, key.Offset), BinaryPrimitives.ReadUInt32LittleEndian(data));
                return true;
            case ItemType.ExtentDataRef when data.Length >= DataReferenceSize:
                AddData(data);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What is wrong with it and all its references; null when nothing is.</summary>
    public string? FindProblem()
    {
        long told = References.Sum(reference => reference.Count);
        return Problem ?? ((UInt128)told != Count ? $"it counts {Count} references, and has {told}" : null);
    }

    /// <summary>A reference to it.</summary>
    public Reference ToReference(ulong root, ulong parent) => new(Address, Length, Level, root, parent);

    private bool TryTakeInline(ref ReadOnlySpan<byte> rest)
    {
        var type = (ItemType)rest[0];
        int size = type switch
        {
            ItemType.TreeBlockRef or ItemType.SharedBlockRef or ItemType.ExtentOwnerRef => 1 + sizeof(ulong),
            ItemType.SharedDataRef => 1 + sizeof(ulong) + sizeof(uint),
            ItemType.ExtentDataRef => 1 + DataReferenceSize,
            _ => int.MaxValue,
        };
        if (rest.Length < size)
        {
            return false;
        }

        ReadOnlySpan<byte> data = rest[1..size];
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(data);
        switch (type)
        {
            case ItemType.TreeBlockRef:
                Add(ToReference(offset, 0), 1);
                break;
            case ItemType.SharedBlockRef:
                Add(ToReference(0, offset), 1);
                break;
            case ItemType.SharedDataRef:
                Add(ToReference(0, offset), BinaryPrimitives.ReadUInt32LittleEndian(data[sizeof(ulong)..]));
                break;
            case ItemType.ExtentDataRef:
                AddData(data);
                break;
            default:
                // Simple quotas: who made it.
                break;
        }

        rest = rest[size..];
        return true;
    }

    private void AddData(ReadOnlySpan<byte> data) => Add(
        ToReference(BinaryPrimitives.ReadUInt64LittleEndian(data), 0) with
        {
            Inode = BinaryPrimitives.ReadUInt64LittleEndian(data[8..]),
            Offset = BinaryPrimitives.ReadUInt64LittleEndian(data[16..]),
        },
        BinaryPrimitives.ReadUInt32LittleEndian(data[24..]));

    private void Add(in Reference reference, long count)
    {
        bool isOfTree = Level >= 0;
        bool isTreeReference = count == 1 && reference.Inode == 0;
        if (isOfTree && !isTreeReference)
        {
            Problem ??= $"a node has {reference}";
        }

        References.Add((reference, count));
    }
}
