using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>The space bitmap of a partition (ECMA-167 4/14.12): a bit for each of its blocks, set when the block is free.</summary>
internal static class SpaceBitmap
{
    private const int BitsPlace = 16;
    private const int FixedLength = 24;
    private const int PieceLength = 1 << 16;

    /// <summary>Counts the free blocks of a partition; 0 where its bitmap does not tell, or is damaged.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="partition">The number of a physical or sparable partition's map.</param>
    /// <param name="descriptor">The partition's descriptor.</param>
    public static ulong CountFree(UdfVolume volume, ushort partition, PartitionDescriptor descriptor)
    {
        VolumeExtent bitmap = descriptor.UnallocatedSpaceBitmap;
        if (bitmap.Length < FixedLength)
        {
            return 0;
        }

        // Bits beyond the extent, or of blocks that the partition or the image does not have, are none.
        long inImage = (volume.Image.Length / volume.BlockSize) - descriptor.StartingLocation;
        long most = Math.Min((bitmap.Length - FixedLength) * 8L, Math.Min(descriptor.PartitionLength, inImage));
        try
        {
            return Count(volume, new LogicalBlock(partition, bitmap.Location), most);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return 0;
        }
    }

    private static ulong Count(UdfVolume volume, LogicalBlock location, long mostBits)
    {
        byte[] block = new byte[volume.BlockSize];
        long address = volume.ReadDescriptor(location, block, TagIdentifier.SpaceBitmapDescriptor);
        long bits = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(BitsPlace)), mostBits);
        byte[] piece = new byte[PieceLength];
        ulong free = 0;
        for (long counted = 0; counted < bits;)
        {
            int count = (int)Math.Min(bits - counted, PieceLength * 8L);
            Span<byte> bytes = piece.AsSpan(0, (count + 7) / 8);
            volume.Space.ReadAt(address + FixedLength + (counted / 8), bytes);
            free += CountBits(bytes, count);
            counted += count;
        }

        return free;
    }

    private static ulong CountBits(Span<byte> bytes, int count)
    {
        if (count % 8 != 0)
        {
            bytes[^1] &= (byte)((1 << (count % 8)) - 1);
        }

        ulong set = 0;
        int words = bytes.Length / sizeof(ulong);
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            set += (ulong)BitOperations.PopCount(word);
        }

        foreach (byte rest in bytes[(words * sizeof(ulong))..])
        {
            set += (ulong)BitOperations.PopCount(rest);
        }

        return set;
    }
}
