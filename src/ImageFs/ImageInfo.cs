using ImageFs.FileSystems;
using ImageFs.FileSystems.Foreign;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Remote;
using ImageFs.Storage.Volumes;

namespace ImageFs;

/// <summary>Describes an image as a tree of its layers, in lsblk's words.</summary>
internal static class ImageInfo
{
    private const int UsualSectorSize = 512;
    private const string Nothing = "no known file system or partition table";

    /// <summary>Whether nothing was recognised in what is described.</summary>
    internal static bool IsUnknown(ImageDescription image) => image.Children.Count == 0 && image.Find("fstype") is null && image.Find("unknown") is not null;

    /// <summary>Describes the image, its partition table and its file systems.</summary>
    /// <exception cref="ImageException">There is a file system on the whole image, but it is damaged.</exception>
    /// <exception cref="OptionException">An option is unknown or not valid.</exception>
    internal static ImageDescription Describe(ImageStack stack)
    {
        OpenContext context = stack.Context;
        VolumeChoice choice = VolumeChoice.Take(context);
        Disk disk = stack.OpenDisk(choice);
        disk.UnlockAll();
        Selection selection = disk.SelectUsable(choice.OfWhole());
        selection.Warnings.ToList().ForEach(context.Warn);
        string? problem = null;
        ImageDescription? fileSystem = selection.IsWhole ? DescribeWhole(selection, context, out problem) : null;
        KnownFormats.RefuseRest(context.Options);
        ImageDescription image = new ImageDescription(stack.Device is FileDevice { IsBlockDevice: true } ? "disk" : "file")
            .With("name", stack.Name)
            .With("size", disk.Container is null ? disk.Source.Length : stack.Length)
            .With("ro", true);
        if (stack.Device is RemoteDevice remote && remote.ListImages() is { Count: > 0 } others)
        {
            image.With("exports", string.Join(", ", others.Select(name => $"\"{name}\"")));
        }

        if (disk.Container is { } container)
        {
            ImageDescription contained = container.Describe();
            contained.Facts.Insert(0, new("size", disk.Source.Length));
            ImageDescription outer = image;
            foreach (Container around in container.OutermostFirst())
            {
                ImageDescription described = around.Describe();
                described.Facts.Insert(0, new("size", around.Length));
                outer.Children.Add(described);
                outer = described;
            }

            outer.Children.Add(DescribeDisk(contained, disk, selection, fileSystem, problem, choice));
        }
        else
        {
            DescribeDisk(image, disk, selection, fileSystem, problem, choice);
        }

        if (stack.Device is { LogicalBlockSize: > 1 } device)
        {
            image.With("log-sec", (long)device.LogicalBlockSize).With("phy-sec", (long)device.PhysicalBlockSize);
        }

        return image;
    }

    // One that cannot be opened is an error, unless there is another here: then that is what there is to tell.
    private static ImageDescription? DescribeWhole(Selection selection, OpenContext context, out string? problem)
    {
        Volume whole = selection.Volumes[0];
        problem = whole.Problem;
        FileSystemFormat? format = selection.FormatOf(whole);
        try
        {
            return format is null ? null : whole.Open(context, selection.Format).Describe();
        }
        catch (ImageException e) when (whole.OtherThan(format) is { } other)
        {
            problem = $"{format!.Name}: {e.Message}; -o {whole.OptionFor(other)} reads the other file system here";
            return null;
        }
    }

    private static ImageDescription DescribeDisk(
        ImageDescription image, Disk disk, Selection selection, ImageDescription? fileSystem, string? wholeProblem, VolumeChoice choice)
    {
        PartitionTable? table = ReadTable(disk, out string? tableProblem);
        Volume whole = disk.Whole;
        ForeignFormat? foreign = selection.IsWhole ? whole.Foreign : null;
        VolumeNode? member = disk.IsMember ? disk.Root : null;
        image.With("fstype", fileSystem?.Kind ?? member?.Format!.Name ?? (foreign is { Kind: ForeignKind.NoImage } ? null : foreign?.Name))
            .With("label", fileSystem?.Find("label") ?? member?.Member!.Label ?? whole.Label)
            .With("uuid", fileSystem?.Find("uuid") ?? member?.Member!.Uuid)
            .With("pttype", table?.Kind)
            .With("ptuuid", table?.Id)
            .With("table-sector-size", table is null or { SectorSize: UsualSectorSize } ? null : (long)table.SectorSize)
            .With("unknown", wholeProblem ?? tableProblem ?? (fileSystem is not null ? null : member is null ? WhyUnknown(foreign, table) : member.Problem?.Message));
        if (fileSystem is not null)
        {
            image.Children.Add(fileSystem);
        }

        AddCandidates(image, whole, fileSystem?.Kind ?? foreign?.Name);
        // The first partition of an isohybrid is the image itself, the last data track of a disc is the one shown: that has been told.
        AddParts(image, disk, disk.Root, choice, toldStart: fileSystem is null ? null : table?.StartOfWhole, []);
        return image;
    }

    private static void AddParts(ImageDescription description, Disk disk, VolumeNode node, VolumeChoice choice, long? toldStart, HashSet<VolumeSet> told)
    {
        if (node.Set is not { } set || !told.Add(set))
        {
            return;
        }

        if (set.Describe() is { } described)
        {
            description.Children.Add(described);
        }

        foreach (VolumeEntry entry in set.Entries)
        {
            VolumeNode? part = node.Parts.FirstOrDefault(part => part.Entry == entry);
            if (part is not null && choice.IsMade && !part.Walk().Any(inner => choice.Matches(disk.VolumeOf(inner))))
            {
                continue;
            }

            ImageDescription child = Describe(entry, part is null ? null : disk.VolumeOf(part), isTold: entry is Partition partition && partition.Start == toldStart);
            description.Children.Add(child);
            if (part is not null)
            {
                AddParts(child, disk, part, choice, toldStart: null, told);
            }
        }
    }

    private static string? WhyUnknown(ForeignFormat? foreign, PartitionTable? table) => foreign switch
    {
        { Kind: ForeignKind.NoImage } => $"{Nothing}: {foreign.Text}",
        not null => foreign.Problem,
        null => table is null ? Nothing : null,
    };

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

    private static ImageDescription Describe(VolumeEntry entry, Volume? volume, bool isTold)
    {
        var partition = entry as Partition;
        Volume? opened = volume is { IsUnopened: true } ? null : volume;
        ImageDescription? fileSystem = volume?.Describe();
        ImageDescription description = new ImageDescription(entry.Kind)
            .With("partn", (long?)partition?.Number)
            .With("name", partition is null ? entry.Name : null)
            .With("session", (long?)partition?.Session)
            .With("start", partition?.Start)
            .With("size", entry.Length)
            .With("fstype", opened?.Type)
            .With("label", opened?.Label)
            .With("uuid", opened?.Uuid)
            .With("parttype", entry.Type)
            .With("partlabel", partition?.Name)
            .With("partuuid", entry.Uuid)
            .With("bootable", partition?.IsBootable)
            .With("unknown", Reason(entry, volume));
        if (fileSystem is not null && !isTold)
        {
            description.Children.Add(fileSystem);
        }

        if (volume is not null && !isTold)
        {
            AddCandidates(description, volume, volume.Type);
        }

        return description;
    }

    // What a volume may be besides what it is shown as: left from before, or the other file system of a bridge disc.
    private static void AddCandidates(ImageDescription description, Volume volume, string? shown)
    {
        foreach (Recognition candidate in volume.Candidates.Where(candidate => !IsShown(candidate, shown) && candidate.Foreign is not { Kind: ForeignKind.NoImage }))
        {
            Weight weight = candidate.Weight;
            description.Children.Add(new ImageDescription(candidate.Type)
                .With("size", weight.Length > 0 ? weight.Length : null)
                .With("label", candidate.Foreign is null ? null : candidate.Identity.Label)
                .With("option", candidate.Format is null ? null : volume.OptionFor(candidate))
                .With("unknown", candidate.Foreign?.Problem ?? (weight.Evidence == Evidence.Overwritten ? $"damaged, or written over: {weight.Problem}" : null)));
        }
    }

    private static bool IsShown(Recognition candidate, string? shown) =>
        candidate.Type == shown || (shown is not null && candidate.Format?.IsNamed(shown) == true);

    private static string? Reason(VolumeEntry entry, Volume? volume) =>
        entry.IsContainer ? "holds the logical partitions" : volume?.Obstacle;
}
