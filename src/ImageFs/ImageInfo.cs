using ImageFs.FileSystems;
using ImageFs.Mounting;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs;

/// <summary>Describes an image as a tree of its layers, in lsblk's words.</summary>
internal static class ImageInfo
{
    /// <summary>Describes the image, its partition table and its file system.</summary>
    /// <exception cref="ImageException">There is a file system, but it is damaged.</exception>
    /// <exception cref="MountOptionException">An option is unknown or no good.</exception>
    internal static ImageDescription Describe(ImageStack stack, MountOptions options)
    {
        PartitionTable? table = stack.ReadPartitionTable();
        FileSystemFormat? format = stack.FindFormat();
        ImageDescription? fileSystem = null;
        if (format is not null)
        {
            fileSystem = stack.OpenFileSystem(options).Describe();
            SessionOptions.RefuseRest(options);
        }

        ImageDescription image = new ImageDescription(stack.Device.IsBlockDevice ? "disk" : "file")
            .With("name", stack.Device.Path)
            .With("size", stack.Device.Length)
            .With("ro", true)
            .With("fstype", format?.Name)
            .With("label", Fact(fileSystem, "label"))
            .With("uuid", Fact(fileSystem, "uuid"))
            .With("pttype", table?.Kind)
            .With("ptuuid", table?.Id);
        if (fileSystem is not null)
        {
            image.Children.Add(fileSystem);
        }

        foreach (Partition partition in table?.Partitions ?? [])
        {
            image.Children.Add(Describe(partition));
        }

        return image;
    }

    private static ImageDescription Describe(Partition partition) => new ImageDescription("part")
        .With("partn", (long)partition.Number)
        .With("start", partition.Start)
        .With("size", partition.Length)
        .With("parttype", partition.Type)
        .With("partlabel", partition.Name)
        .With("partuuid", partition.Uuid)
        .With("bootable", partition.IsBootable);

    private static object? Fact(ImageDescription? description, string key) =>
        description?.Facts.FirstOrDefault(fact => fact.Key == key).Value;
}
