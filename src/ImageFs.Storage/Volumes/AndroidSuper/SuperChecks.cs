using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes.AndroidSuper;

/// <summary>What can be checked of a super partition: all copies of its structures, with their checksums, and that partitions do not share bytes.</summary>
internal static class SuperChecks
{
    /// <summary>Checks all of it.</summary>
    /// <param name="source">The super partition.</param>
    /// <param name="run">Takes what is found.</param>
    public static void Run(BlockSource source, CheckRun run)
    {
        SuperGeometry? geometry = null;
        foreach (long place in SuperGeometry.Places)
        {
            run.Try(() =>
            {
                var found = SuperGeometry.ReadAt(source, place);
                if (geometry is not null && found != geometry)
                {
                    throw new InvalidImageException(SuperGeometry.Structure, place, "it is not as its first copy", SuperMetadata.Clause);
                }

                geometry = found;
            });
        }

        if (geometry is null)
        {
            return;
        }

        run.Extent = string.Create(CultureInfo.InvariantCulture, $"{geometry.Slots} slots");
        for (uint slot = 0; slot < geometry.Slots; slot++)
        {
            CheckSlot(source, geometry, slot, run);
        }
    }

    private static void CheckSlot(BlockSource source, SuperGeometry geometry, uint slot, CheckRun run)
    {
        SuperMetadata? first = null;
        foreach (long place in geometry.PlacesOf(slot))
        {
            run.Try(() =>
            {
                var found = SuperMetadata.ReadAt(source, geometry, slot, place, null);
                if (first is null)
                {
                    first = found;
                    CheckExtents(source, found);
                }
                else if (!found.IsLike(first))
                {
                    throw found.Invalid("it is not as the first copy of its slot");
                }
            });
        }
    }

    private static void CheckExtents(BlockSource source, SuperMetadata metadata)
    {
        (SuperExtent Extent, SuperPartition Partition)[] extents =
            [.. from partition in metadata.Partitions from extent in partition.Extents where extent.Device != SuperExtent.Zeros select (extent, partition)];
        Array.Sort(extents, static (one, other) => (one.Extent.Device, one.Extent.Address).CompareTo((other.Extent.Device, other.Extent.Address)));
        for (int i = 0; i < extents.Length; i++)
        {
            (SuperExtent extent, SuperPartition partition) = extents[i];
            SuperDevice device = metadata.Devices[extent.Device];
            long length = extent.Device == 0 ? Math.Min(device.Length, source.Length) : device.Length;
            if (extent.Address < device.FirstUsable || extent.Length > length - extent.Address)
            {
                throw metadata.Invalid($"{partition.Name} has {extent.Length} bytes at 0x{extent.Address:X} of {device.Name}, whose partitions go from 0x{device.FirstUsable:X} to 0x{length:X}");
            }

            if (i > 0 && extents[i - 1].Extent.Device == extent.Device && extents[i - 1].Extent.Address + extents[i - 1].Extent.Length > extent.Address)
            {
                throw metadata.Invalid($"{partition.Name} and {extents[i - 1].Partition.Name} share bytes at 0x{extent.Address:X} of {device.Name}");
            }
        }
    }
}
