using ImageFs.FileSystems;
using ImageFs.Mounting;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs;

/// <summary>Describes an image as a tree of its layers, in lsblk's words.</summary>
internal static class ImageInfo
{
    private const int UsualSectorSize = 512;
    private const string Nothing = "no known file system or partition table";

    /// <summary>Whether nothing was recognised in what is described.</summary>
    internal static bool IsUnknown(ImageDescription image) => image.Children.Count == 0 && image.Find("unknown") is Nothing;

    /// <summary>Describes the image, its partition table and its file systems.</summary>
    /// <exception cref="ImageException">There is a file system on the whole image, but it is damaged.</exception>
    /// <exception cref="MountOptionException">An option is unknown or no good.</exception>
    internal static ImageDescription Describe(ImageStack stack, MountOptions options)
    {
        VolumeChoice choice = VolumeChoice.Take(options);
        Disk disk = stack.OpenDisk(choice, options);
        ImageDescription? fileSystem = null;
        if ((FileSystemFormats.RecogniseAt(disk.Source, options) ?? disk.Whole.Format) is { } format)
        {
            fileSystem = format.Open(disk.Source, options, stack.Warn).Describe();
        }

        SessionOptions.RefuseRest(options);
        ImageDescription image = new ImageDescription(stack.Device is { IsBlockDevice: true } ? "disk" : "file")
            .With("name", stack.Name)
            .With("size", disk.Container is null ? disk.Source.Length : stack.Length)
            .With("ro", true);
        if (disk.Container is { } container)
        {
            ImageDescription contained = container.Describe();
            contained.Facts.Insert(0, new("size", disk.Source.Length));
            image.Children.Add(DescribeDisk(contained, disk, fileSystem, choice));
        }
        else
        {
            DescribeDisk(image, disk, fileSystem, choice);
        }

        if (stack.Device is { IsBlockDevice: true } device)
        {
            image.With("log-sec", (long)device.LogicalBlockSize).With("phy-sec", (long)device.PhysicalBlockSize);
        }

        return image;
    }

    private static ImageDescription DescribeDisk(ImageDescription image, Disk disk, ImageDescription? fileSystem, VolumeChoice choice)
    {
        PartitionTable? table = ReadTable(disk, out string? problem);
        ForeignFileSystem? foreign = disk.Whole.Foreign;
        image.With("fstype", fileSystem?.Kind ?? foreign?.Type)
            .With("label", fileSystem is null ? foreign?.Label : fileSystem.Find("label"))
            .With("uuid", fileSystem?.Find("uuid"))
            .With("pttype", table?.Kind)
            .With("ptuuid", table?.Id)
            .With("table-sector-size", table is null or { SectorSize: UsualSectorSize } ? null : (long)table.SectorSize)
            .With("unknown", problem ?? (fileSystem is not null ? null : foreign is not null ? NotRead(foreign) : table is null ? Nothing : null));
        if (fileSystem is not null)
        {
            image.Children.Add(fileSystem);
            if (foreign is not null)
            {
                image.Children.Add(new ImageDescription(foreign.Type).With("label", foreign.Label).With("unknown", NotRead(foreign)));
            }
        }

        foreach (Partition partition in table?.Partitions ?? [])
        {
            Volume? volume = disk.Volumes.FirstOrDefault(volume => volume.Partition == partition);
            if (volume is null || !choice.IsMade || choice.Matches(volume))
            {
                // The first partition of an isohybrid is the image itself, the last data track of a disc is the one shown: that has been told.
                bool isTold = fileSystem is not null && partition.Start == disk.Start;
                image.Children.Add(Describe(partition, volume, isTold));
            }
        }

        return image;
    }

    // What is broken in a table does not hide what is whole beside it.
    private static PartitionTable? ReadTable(Disk disk, out string? problem)
    {
        problem = null;
        try
        {
            return disk.Table;
        }
        catch (ImageException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private static ImageDescription Describe(Partition partition, Volume? volume, bool isTold)
    {
        ImageDescription? fileSystem = volume?.Describe();
        ImageDescription description = new ImageDescription("part")
            .With("partn", (long)partition.Number)
            .With("session", (long?)partition.Session)
            .With("start", partition.Start)
            .With("size", partition.Length)
            .With("fstype", volume?.Type)
            .With("label", volume?.Label)
            .With("uuid", volume?.Uuid)
            .With("parttype", partition.Type)
            .With("partlabel", partition.Name)
            .With("partuuid", partition.Uuid)
            .With("bootable", partition.IsBootable)
            .With("unknown", Reason(partition, volume));
        if (fileSystem is not null && !isTold)
        {
            description.Children.Add(fileSystem);
        }

        return description;
    }

    private static string? Reason(Partition partition, Volume? volume)
    {
        if (partition.IsContainer)
        {
            return "holds the logical partitions";
        }

        if (volume is { Format: null, Foreign: { } foreign })
        {
            return NotRead(foreign);
        }

        return volume?.Problem ?? (volume?.Format is null ? "no known file system" : null);
    }

    private static string NotRead(ForeignFileSystem foreign) => $"{foreign.Text} is not supported";
}
