using ImageFs.Storage.Containers.AndroidSparse;
using ImageFs.Storage.Containers.Dmg;
using ImageFs.Storage.Containers.Ewf;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Containers.Ova;
using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Containers.Partclone;
using ImageFs.Storage.Containers.Qcow2;
using ImageFs.Storage.Containers.Split;
using ImageFs.Storage.Containers.Vdi;
using ImageFs.Storage.Containers.Vhd;
using ImageFs.Storage.Containers.Vhdx;
using ImageFs.Storage.Containers.Vmdk;

namespace ImageFs.Storage.Containers;

/// <summary>The container formats that the program reads, in the order in which they are tried: those of the surest marks first.</summary>
public static class ContainerFormats
{
    private const string Raw = "raw";

    // Compressed files in compressed ones.
    private const int MaxDepth = 4;

    /// <summary>All formats.</summary>
    public static IReadOnlyList<ContainerFormat> All { get; } =
    [
        // What lies in parts begins with a mark of what is in it.
        new SplitFormat(),
        new Qcow2Format(),
        new VhdxFormat(),
        new VmdkFormat(),
        new VdiFormat(),
        new VhdFormat(),
        new DmgFormat(),
        new AndroidSparseFormat(),
        new EwfFormat(),
        new PartcloneFormat(),
        new OvaFormat(),
        .. PackedFormats.All,
        .. OpticalFormats.All,
    ];

    /// <summary>Opens the disk that a file holds: what its container gives, or the file as it is.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The format when it is known, "raw" for none; null to look.</param>
    /// <param name="context">What it is opened with; the format takes the options that it knows.</param>
    /// <exception cref="ImageException">The disk cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed, or a file that the image names cannot be opened.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public static BlockSource Open(ImageFile file, string? name, OpenContext context)
    {
        if (!file.IsOutermost)
        {
            return OpenOne(file, name, context);
        }

        file.Moved = MovedFiles.Take(context.Options);
        BlockSource disk = OpenOne(file, name, context);
        file.Moved.RefuseUnused();
        return disk;
    }

    private static BlockSource OpenOne(ImageFile file, string? name, OpenContext context, int depth = 0)
    {
        if (name == Raw)
        {
            return file.Source;
        }

        IEnumerable<ContainerFormat> formats = context.AddedFormats.Count == 0 ? All : [.. All, .. context.AddedFormats.OfType<ContainerFormat>()];
        ContainerFormat? format = name is null
            ? formats.FirstOrDefault(format => !(format.IsArchive && context.IsEntered) && format.Probe(file))
            : formats.FirstOrDefault(format => format.IsNamed(name)) ?? throw new UnsupportedFeatureException($"format \"{name}\" of {file.Name}");
        if (format is null)
        {
            return file.Source;
        }

        Container container = format.Open(file, context);
        return format.HoldsFile ? OpenHeld(file.Holding(container, format.HeldName(file.Name)), container, context, depth) : container;
    }

    // The name of the format that the user gives is that of the file as it is; options are for the disk.
    private static BlockSource OpenHeld(ImageFile file, Container around, OpenContext context, int depth)
    {
        BlockSource held = depth < MaxDepth
            ? OpenOne(file, null, context, depth + 1)
            : throw new UnsupportedFeatureException($"a file that is compressed or split more than {MaxDepth} times");
        if (held is Container container && !ReferenceEquals(container, around))
        {
            Container innermost = container;
            while (innermost.Around is { } next)
            {
                innermost = next;
            }

            innermost.Around = around;
        }

        return held;
    }
}
