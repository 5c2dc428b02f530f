using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>64 inodes that were allocated together, or such a part of them as there was room for (xfs_inobt_rec).</summary>
/// <param name="First">The number of the first in its group (ir_startino).</param>
/// <param name="Holes">A bit for each inode that is not there.</param>
/// <param name="Free">A bit for each that is not in use (ir_free); those that are not there are marked, too.</param>
/// <param name="FreeCount">How many there are that are not in use (ir_freecount).</param>
internal readonly record struct InodeChunk(uint First, ulong Holes, ulong Free, uint FreeCount)
{
    /// <summary>Inodes of a whole chunk.</summary>
    public const int Length = 64;

    // Inodes that a bit of ir_holemask stands for.
    private const int InodesOfBit = 4;

    /// <summary>How many inodes are there.</summary>
    public int Count => Length - BitOperations.PopCount(Holes);

    /// <summary>Whether an inode is there and in use.</summary>
    public bool IsUsed(int place) => ((Holes | Free) >> place & 1) == 0;

    /// <summary>Whether an inode is there.</summary>
    public bool IsThere(int place) => (Holes >> place & 1) == 0;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? FindProblem()
    {
        int free = BitOperations.PopCount(Free & ~Holes);
        return (Free & Holes) != Holes ? "inodes that are not there are in use"
            : free != FreeCount ? $"it counts {FreeCount} free inodes, and has {free}"
            : Holes == ulong.MaxValue ? "none of its inodes is there"
            : null;
    }

    /// <summary>Reads a record.</summary>
    /// <param name="record">Its bytes.</param>
    /// <param name="hasHoles">Whether a chunk may be there in part (XFS_SB_FEAT_INCOMPAT_SPINODES).</param>
    public static InodeChunk Read(ReadOnlySpan<byte> record, bool hasHoles)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(record);
        ulong free = BinaryPrimitives.ReadUInt64BigEndian(record[8..]);
        if (!hasHoles)
        {
            return new InodeChunk(first, 0, free, BinaryPrimitives.ReadUInt32BigEndian(record[4..]));
        }

        ushort mask = BinaryPrimitives.ReadUInt16BigEndian(record[4..]);
        ulong holes = 0;
        for (int bit = 0; bit < Length / InodesOfBit; bit++)
        {
            holes |= (mask >> bit & 1) == 0 ? 0 : 0xFUL << (bit * InodesOfBit);
        }

        return new InodeChunk(first, holes, free, record[7]);
    }
}
