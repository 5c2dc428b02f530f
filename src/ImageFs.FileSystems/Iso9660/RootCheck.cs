using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Whether a volume descriptor leads to what it says: a path table and a root directory that know of each other. Volume descriptors that
/// are left of an older file system lead to other bytes, and those of an image in a partition count from elsewhere.
/// </summary>
internal static class RootCheck
{
    private const int RootRecord = 34;
    private const int RootPathRecord = 10;

    /// <summary>What is missing; null when nothing is.</summary>
    /// <param name="source">The image.</param>
    /// <param name="descriptor">The primary volume descriptor.</param>
    /// <exception cref="ImageException">The image ends before it.</exception>
    public static string? FindProblem(BlockSource source, DescriptorSector descriptor)
    {
        PrimaryVolumeDescriptor volume = descriptor.Volume;
        Span<byte> record = stackalloc byte[RootRecord];
        source.ReadAt(volume.LocationOfRoot * volume.LogicalBlockSize, record);
        if (record[0] < RootRecord || BinaryPrimitives.ReadUInt32LittleEndian(record[2..]) + record[1] != volume.LocationOfRoot)
        {
            return "there is no root directory where the volume descriptor has it (ECMA-119 8.4.18)";
        }

        // Linux needs no path table, and some writers leave it out.
        Span<byte> path = stackalloc byte[RootPathRecord];
        if (volume is { PathTableSize: >= RootPathRecord, PathTableLocation: > 0 })
        {
            source.ReadAt((long)volume.PathTableLocation * volume.LogicalBlockSize, path);
            if (path[0] != 1 || BinaryPrimitives.ReadUInt32LittleEndian(path[2..]) + path[1] != volume.LocationOfRoot)
            {
                return "there is no path table where the volume descriptor has it (ECMA-119 8.4.14)";
            }
        }

        return null;
    }
}
