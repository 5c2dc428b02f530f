using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// What metadata of version 5 have in their headers, whatever they are: told by the magic number, as a buffer in the log does not say what it is.
/// </summary>
internal static class MetadataHeader
{
    private const int UuidSize = 16;
    private const int InodeChecksumOffset = 100;
    private const int InodeVersionOffset = 4;
    private const int HashMagicOffset = 8;
    private const int SuperBlockMetaUuidOffset = 248;
    private const int MinInode = 176;

    /// <summary>The log sequence number that a block was last written with; null where it says none, or is none of this file system.</summary>
    /// <param name="block">The block.</param>
    /// <param name="uuid">The UUID that metadata have.</param>
    public static LogPlace? FindPlace(ReadOnlySpan<byte> block, ReadOnlySpan<byte> uuid) =>
        FindLayout(block) is { } layout && IsOf(block, layout, uuid)
            ? new LogPlace(BinaryPrimitives.ReadUInt64BigEndian(block[layout.PlaceAt..]))
            : null;

    /// <summary>Computes the checksum anew, as a driver does when it writes a block.</summary>
    public static void Seal(Span<byte> block, Geometry geometry)
    {
        if (!geometry.HasChecksums)
        {
            return;
        }

        if (FindLayout(block) is { } layout)
        {
            Seal(block, layout.ChecksumAt);
        }
        else if (IsInode(block))
        {
            for (int at = 0; at + geometry.InodeSize <= block.Length; at += geometry.InodeSize)
            {
                SealInode(block.Slice(at, geometry.InodeSize), geometry);
            }
        }
    }

    /// <summary>The same for one inode.</summary>
    public static void SealInode(Span<byte> inode, Geometry geometry)
    {
        if (geometry.HasChecksums && IsInode(inode) && inode[InodeVersionOffset] >= 3)
        {
            Seal(inode, InodeChecksumOffset);
        }
    }

    private static void Seal(Span<byte> block, int checksumAt) => BinaryPrimitives.WriteUInt32LittleEndian(
        block[checksumAt..], ~Crc32C.AppendWithout(Crc32C.Initial, block, checksumAt, sizeof(uint)));

    private static bool IsInode(ReadOnlySpan<byte> block) => block.Length >= MinInode && BinaryPrimitives.ReadUInt16BigEndian(block) == Inode.MagicNumber;

    private static bool IsOf(ReadOnlySpan<byte> block, Layout layout, ReadOnlySpan<byte> uuid) =>
        block.Slice(layout.UuidAt, UuidSize).SequenceEqual(uuid)
        || (layout.IsSuperBlock && block.Slice(SuperBlockMetaUuidOffset, UuidSize).SequenceEqual(uuid));

    private static Layout? FindLayout(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32BigEndian(block) switch
    {
        SuperBlock.MagicNumber => new Layout(224, 240, 32, IsSuperBlock: true),
        0x58414746 => new Layout(216, 208, 64), // XAGF
        0x5841464C => new Layout(32, 24, 8), // XAFL
        0x58414749 => new Layout(312, 320, 296), // XAGI

        // Trees of a group: AB3B, AB3C, IAB3, FIB3, RMB3, R3FC.
        0x41423342 or 0x41423343 or 0x49414233 or 0x46494233 or 0x524D4233 or 0x52334643 => new Layout(52, 24, 32),
        0x424D4133 => new Layout(64, 32, 40), // BMA3
        0x58534C4D => new Layout(12, 48, 16), // XSLM
        0x58444233 or 0x58444433 or 0x58444633 => new Layout(4, 16, 24), // XDB3, XDD3, XDF3

        // Leaves and nodes of directories and attributes.
        _ => BinaryPrimitives.ReadUInt16BigEndian(block[HashMagicOffset..]) is 0x3DF1 or 0x3DFF or 0x3BEE or 0x3EBE ? new Layout(12, 24, 32) : null,
    };

    private readonly record struct Layout(int ChecksumAt, int PlaceAt, int UuidAt, bool IsSuperBlock = false);
}
