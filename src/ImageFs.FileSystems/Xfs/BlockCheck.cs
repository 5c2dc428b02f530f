using System.Buffers.Binary;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>Where the header of a kind of metadata has what version 5 adds to all of them, in bytes from its start.</summary>
/// <param name="ChecksumAt">The CRC-32C of the whole, in little-endian order.</param>
/// <param name="NumberAt">Where it lies, in units of 512 bytes; -1 in headers of groups, which do not say that.</param>
/// <param name="UuidAt">Of which file system it is.</param>
/// <param name="OwnerAt">The inode that it belongs to; -1 where that is not an inode.</param>
internal readonly record struct HeaderLayout(int ChecksumAt, int NumberAt, int UuidAt, int OwnerAt = -1)
{
    private const int NumberUnit = 512;

    /// <summary>Blocks of the trees of a group (xfs_btree_block_shdr).</summary>
    public static HeaderLayout ShortTree => new(52, 16, 32);

    /// <summary>The free space of a group (xfs_agf).</summary>
    public static HeaderLayout FreeSpace => new(216, -1, 64);

    /// <summary>The inodes of a group (xfs_agi).</summary>
    public static HeaderLayout Inodes => new(312, -1, 296);

    /// <summary>The free list of a group (xfs_agfl).</summary>
    public static HeaderLayout FreeList => new(32, -1, 8);

    /// <summary>Blocks of extent trees of inodes (xfs_btree_block_lhdr).</summary>
    public static HeaderLayout LongTree => new(64, 24, 40, 56);

    /// <summary>Data blocks of directories (xfs_dir3_blk_hdr).</summary>
    public static HeaderLayout DirectoryData => new(4, 8, 24, 40);

    /// <summary>Leaves and nodes of directories and attributes (xfs_da3_blkinfo).</summary>
    public static HeaderLayout Hashes => new(12, 16, 32, 48);

    /// <summary>Values of attributes (xfs_attr3_rmt_hdr) and targets of symbolic links (xfs_dsymlink_hdr).</summary>
    public static HeaderLayout Remote => new(12, 40, 16, 32);

    /// <summary>What is wrong with a block of version 5; null when nothing is.</summary>
    /// <param name="block">The block.</param>
    /// <param name="address">Where it was read.</param>
    /// <param name="uuid">Of which file system it has to be.</param>
    public string? FindProblem(ReadOnlySpan<byte> block, long address, ReadOnlySpan<byte> uuid)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumAt..]) != ~Crc32C.AppendWithout(Crc32C.Initial, block, ChecksumAt, sizeof(uint)))
        {
            return "its checksum is wrong";
        }

        if (!block.Slice(UuidAt, uuid.Length).SequenceEqual(uuid))
        {
            return "it is of a file system with another UUID";
        }

        if (NumberAt < 0)
        {
            return null;
        }

        ulong number = BinaryPrimitives.ReadUInt64BigEndian(block[NumberAt..]);
        return number != (ulong)address / NumberUnit ? $"it is block {number}, in units of {NumberUnit} bytes, by what it says" : null;
    }
}

/// <summary>Checks a kind of metadata: its magic number, what version 5 has in its header, and that its entries fit.</summary>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="name">What it is, for messages.</param>
/// <param name="clause">Where it is specified.</param>
/// <param name="layout">Its header.</param>
internal abstract class BlockCheck(Geometry geometry, string name, string clause, HeaderLayout layout) : MetadataCheck
{
    /// <summary>What it is, for messages.</summary>
    public string Name => name;

    /// <summary>Where it is specified.</summary>
    public string Clause => clause;

    /// <summary>The file system's sizes.</summary>
    protected Geometry Geometry => geometry;

    /// <inheritdoc/>
    public sealed override void Verify(ReadOnlySpan<byte> block, long address, uint seed)
    {
        if (FindMagicProblem(block) is { } problem)
        {
            throw Damaged(address, problem);
        }

        if (geometry.HasChecksums && layout.FindProblem(block, address, geometry.Uuid) is { } headerProblem)
        {
            throw Damaged(address, headerProblem);
        }

        if (FindProblem(block) is { } contents)
        {
            throw Damaged(address, contents);
        }
    }

    /// <summary>Checks that a block is of the inode that led to it.</summary>
    /// <exception cref="InvalidImageException">It is another's.</exception>
    public void VerifyOwner(ReadOnlySpan<byte> block, long address, long inode)
    {
        if (geometry.HasChecksums && layout.OwnerAt >= 0)
        {
            ulong owner = BinaryPrimitives.ReadUInt64BigEndian(block[layout.OwnerAt..]);
            if (owner != (ulong)inode)
            {
                throw Damaged(address, $"it is of inode {owner}, and inode {inode} led to it");
            }
        }
    }

    /// <summary>The error of a block.</summary>
    public InvalidImageException Damaged(long address, string problem) => new(name, address, problem, clause);

    /// <summary>What is wrong with the magic number; null when nothing is.</summary>
    protected abstract string? FindMagicProblem(ReadOnlySpan<byte> block);

    /// <summary>What is wrong with the rest; null when nothing is.</summary>
    protected abstract string? FindProblem(ReadOnlySpan<byte> block);
}
