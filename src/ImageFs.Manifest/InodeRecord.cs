using System.Buffers.Binary;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>Writes inodes (erofs_inode_extended).</summary>
internal static class InodeRecord
{
    /// <summary>Bytes of an inode without what follows it.</summary>
    public const int Length = 64;

    /// <summary>Bytes that the numbers of inodes count in.</summary>
    public const int SlotSize = 32;

    private const int Extended = 1;
    private const int Plain = 0;
    private const int Inline = 2;
    private const int ChunkBased = 4;
    private const int HasIndexes = 0x20;
    private const int Has48Bits = 0x40;

    /// <summary>Writes one.</summary>
    /// <param name="node">The node.</param>
    /// <param name="blockBits">Bytes of a block as a power of two.</param>
    /// <param name="has48Bits">Whether numbers of blocks have 48 bits, and not 32.</param>
    /// <param name="firstBlock">Where its bytes begin, if they are in one piece: of all devices as one.</param>
    /// <param name="record">At least <see cref="Length"/> bytes, of zeros.</param>
    public static void Write(ManifestNode node, int blockBits, bool has48Bits, ulong firstBlock, Span<byte> record)
    {
        int kind = node.Body switch { BodyKind.Tail => Inline, BodyKind.Chunks => ChunkBased, _ => Plain };
        BinaryPrimitives.WriteUInt16LittleEndian(record, (ushort)(Extended | (kind << 1)));
        if (node.Attributes.Length > 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(record[2..], (ushort)(((node.Attributes.Length - AttributeRecords.HeaderLength) / 4) + 1));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(record[4..], (ushort)(((uint)node.Type << 12) | node.Permissions));
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], node.Size);
        WritePlace(node, blockBits, has48Bits, firstBlock, record);
        BinaryPrimitives.WriteUInt32LittleEndian(record[20..], node.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(record[24..], node.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(record[28..], node.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], node.Time.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(record[40..], node.Time.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(record[44..], Math.Max(node.LinkCount, 1));
    }

    private static void WritePlace(ManifestNode node, int blockBits, bool has48Bits, ulong firstBlock, Span<byte> record)
    {
        switch (node.Body)
        {
            case BodyKind.Chunks:
                int format = (node.ChunkBits - blockBits) | HasIndexes | (has48Bits ? Has48Bits : 0);
                BinaryPrimitives.WriteUInt16LittleEndian(record[16..], (ushort)format);
                break;
            case BodyKind.Blocks or BodyKind.Device:
                BinaryPrimitives.WriteUInt32LittleEndian(record[16..], (uint)(firstBlock & uint.MaxValue));
                if (has48Bits)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(record[6..], (ushort)(firstBlock >> 32));
                }

                break;
            case BodyKind.None when node.Type is NodeType.BlockDevice or NodeType.CharacterDevice:
                BinaryPrimitives.WriteUInt32LittleEndian(record[16..], node.Device.Pack());
                break;
            default:
                break;
        }
    }
}
