using System.Buffers.Binary;
using ImageFs.FileSystems.Bitmaps;
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
        return (ulong)Bitmap.CountSet(volume.Space, address + FixedLength, bits);
    }
}
