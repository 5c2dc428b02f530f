using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>A name of an inode, as the inode has it (btrfs_inode_ref, and btrfs_inode_extref where those do not fit one item).</summary>
internal readonly ref struct InodeRef
{
    private const int HeaderSize = 10;
    private const int ExtendedHeaderSize = 18;

    /// <summary>The directory that has the name.</summary>
    public ulong Parent { get; private init; }

    /// <summary>The name's index there.</summary>
    public ulong Index { get; private init; }

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>btrfs_extref_hash: what a name is found by among extended references, as the offset of a key.</summary>
    public static ulong Hash(ulong parent, ReadOnlySpan<byte> name) => Crc32C.Append(unchecked((uint)parent), name);

    /// <summary>Takes the first of the names that are in one item.</summary>
    /// <param name="tree">The tree, for messages.</param>
    /// <param name="address">The logical address of the bytes, for messages.</param>
    /// <param name="key">The item's key: of <see cref="ItemType.InodeRef"/> or <see cref="ItemType.InodeExtref"/>.</param>
    /// <param name="bytes">The item; what follows the name afterwards.</param>
    /// <exception cref="InvalidImageException">It does not fit.</exception>
    public static InodeRef Take(Trees.Tree tree, ulong address, TreeKey key, scoped ref ReadOnlySpan<byte> bytes)
    {
        bool isExtended = key.Type == ItemType.InodeExtref;
        int header = isExtended ? ExtendedHeaderSize : HeaderSize;
        int length = bytes.Length < header ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes[(header - sizeof(ushort))..]);
        if (bytes.Length < header + length)
        {
            throw tree.Damaged(isExtended ? "btrfs_inode_extref" : "btrfs_inode_ref", address, $"a name of inode {key.ObjectId} does not fit {bytes.Length} bytes");
        }

        var reference = new InodeRef
        {
            Parent = isExtended ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : key.Offset,
            Index = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(header - sizeof(ushort) - sizeof(ulong))..]),
            Name = bytes.Slice(header, length),
        };
        bytes = bytes[(header + length)..];
        return reference;
    }

    /// <summary>Writes a name as it is in an item.</summary>
    /// <param name="isExtended">Whether it is for an item of <see cref="ItemType.InodeExtref"/>.</param>
    /// <param name="parent">The directory.</param>
    /// <param name="index">The index there.</param>
    /// <param name="name">The name.</param>
    public static byte[] Encode(bool isExtended, ulong parent, ulong index, ReadOnlySpan<byte> name)
    {
        int header = isExtended ? ExtendedHeaderSize : HeaderSize;
        byte[] bytes = new byte[header + name.Length];
        if (isExtended)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, parent);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(header - sizeof(ushort) - sizeof(ulong)), index);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(header - sizeof(ushort)), (ushort)name.Length);
        name.CopyTo(bytes.AsSpan(header));
        return bytes;
    }
}
