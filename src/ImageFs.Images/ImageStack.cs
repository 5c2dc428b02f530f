using ImageFs.FileSystems;
using ImageFs.FileSystems.CompactDisc;
using ImageFs.Images.Headers;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Volumes;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>The layers of an image, opened from the bottom up: the device, the container, the partition table, the file systems.</summary>
public sealed class ImageStack : IDisposable
{
    /// <summary>What <c>--strict</c> stands for.</summary>
    public const string StrictOption = "left-out=error";

    /// <summary>The option that names a further image, where volumes of this one may have members.</summary>
    public const string DeviceOption = "device";

    private readonly List<IDisposable> _opened;
    private readonly ImageFile _file;

    // Whoever passed a list of options alone cannot look at what is left of it.
    private bool _refusesRest;
    private string[] _further = [];

    private ImageStack(ImageFile file, List<IDisposable> opened, OpenContext context)
    {
        _file = file;
        _opened = opened;
        Context = context with { Image = file, OpenOther = OpenOther };
    }

    /// <summary>The device that the image is; null for an image inside another.</summary>
    public Device? Device => _file.Source as Device;

    /// <summary>The image's path.</summary>
    public string Name => _file.Name;

    /// <summary>Length of the image in bytes, as it lies there.</summary>
    public long Length => _file.Source.Length;

    /// <summary>Length of all files together that the image is in, in bytes, as they lie there.</summary>
    public long LengthOfFiles => _opened.OfType<Device>().Sum(device => device.Length);

    /// <summary>Whether any of it is on a device that is no file of this machine, and may be long in answering.</summary>
    public bool HasRemote => _opened.Exists(opened => opened is (Storage.Device and not FileDevice) or ImageStack { HasRemote: true });

    /// <summary>What the layers are opened with; each takes its options as it is opened.</summary>
    public OpenContext Context { get; }

    /// <summary>Opens an image or a device, or an image inside an image, without options; nothing in it is looked at yet.</summary>
    /// <param name="path">Its path or address (<see cref="ImageLocation"/>); <c>disk.vhdx//boot/install.iso</c> steps into another.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    /// <exception cref="ImageException">An image on the way cannot be read.</exception>
    public static ImageStack Open(string path) => Open(path, string.Empty);

    /// <summary>Opens an image or a device, or an image inside an image; nothing in it is looked at yet.</summary>
    /// <param name="path">Its path or address (<see cref="ImageLocation"/>); <c>disk.vhdx//boot/install.iso</c> steps into another.</param>
    /// <param name="options">Which volume is meant, and how it is shown, as for mount(8): <c>part=2</c>, <c>label=root,uid=1000</c>; an unknown option is an error when the volume is opened.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    /// <exception cref="ImageException">An image on the way cannot be read.</exception>
    /// <exception cref="OptionException">An option's value is not one that it takes.</exception>
    public static ImageStack Open(string path, string options)
    {
        ImageStack stack = Open(path, OpenContext.Of(options));
        stack._refusesRest = true;
        return stack;
    }

    /// <summary>Opens an image or a device, or an image inside an image; nothing in it is looked at yet.</summary>
    /// <param name="path">Its path or address (<see cref="ImageLocation"/>); <c>disk.vhdx//boot/install.iso</c> steps into another.</param>
    /// <param name="context">What the layers are opened with: the options that say which files an image may name are taken.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    /// <exception cref="ImageException">An image on the way cannot be read.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public static ImageStack Open(string path, OpenContext context)
    {
        BackingPolicy policy = TakePolicy(context.Options);
        var opened = new List<IDisposable>();
        try
        {
            // The options are meant for the innermost image.
            var location = ImageLocation.Parse(path);
            OpenContext outer = context.WithoutOptions() with { IsEntered = true };
            var stack = new ImageStack(OpenOutermost(path, location, policy, context, opened), opened, location.Inner.Count == 0 ? context : outer);
            if (stack.Device is FileDevice { IsShared: true })
            {
                context.Warn($"{path} is in use elsewhere: what is written to it meanwhile may show as damage");
            }

            for (int i = 0; i < location.Inner.Count; i++)
            {
                ImageFile file = FileSystemFolder.OpenImage(stack.OpenFileSystem(), stack.Name, location.Inner[i], policy);
                stack = new ImageStack(file, opened, i + 1 == location.Inner.Count ? context : outer);
            }

            return stack;
        }
        catch
        {
            opened.ForEach(device => device.Dispose());
            throw;
        }
    }

    /// <summary>Opens several images: the disks of volumes that lie on several, of which what is shown lies on the first, at least in part.</summary>
    /// <param name="paths">Their paths or addresses; at least one. Each of the others has to belong to the first.</param>
    /// <param name="context">What the layers are opened with: the options that say which files an image may name are taken.</param>
    /// <exception cref="Linux.LinuxException">The first cannot be opened; the others are opened with the disk.</exception>
    /// <exception cref="ImageException">An image on the way cannot be read.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public static ImageStack Open(IReadOnlyList<string> paths, OpenContext context)
    {
        ImageStack stack = Open(paths[0], context);
        stack._further = [.. paths.Skip(1)];
        return stack;
    }

    /// <summary>The layers of an image in a file that is open already; nothing in it is looked at yet.</summary>
    internal static ImageStack Over(ImageFile file, OpenContext context) => new(file, [], context);

    /// <summary>The disk that an image is: what its container gives, all of it or what <c>offset=</c> and <c>sizelimit=</c> leave.</summary>
    /// <param name="choice">What was chosen.</param>
    /// <exception cref="ImageException">The container cannot be read.</exception>
    /// <exception cref="OptionException">They leave nothing.</exception>
    public Disk OpenDisk(VolumeChoice choice)
    {
        // Who says where the image begins counts from the start of the file, whatever is there, unless a container is named.
        string? named = Context.Options.TakeValue("container");
        IReadOnlyList<ContainerFormat> headered = named is not null || choice.Offset == 0 ? HeaderedFormat.All : [];
        BlockSource source = ContainerFormats.Open(_file, named, Context with { AddedFormats = [.. Context.AddedFormats, .. headered] });
        var container = source as Container;
        if (container is null)
        {
            MarksAhead.Ask(source);
        }

        var sectors = new SectorSizes(choice.SectorSize, container is null ? Device is { LogicalBlockSize: > 1 } device ? device.LogicalBlockSize : null : container.LogicalSectorSize);
        BlockSource? header = Context.Options.TakeValue("header") is { } path ? OpenOther(path) : null;
        return new Disk(Limit(source, choice), container, sectors, Context with { DetachedHeader = header }, OpenOthers());
    }

    private static BlockSource Limit(BlockSource source, VolumeChoice choice)
    {
        if (choice.Offset == 0 && choice.SizeLimit is null)
        {
            return source;
        }

        long left = source.Length - choice.Offset;
        return left > 0
            ? new BlockSlice(source, choice.Offset, Math.Min(choice.SizeLimit ?? left, left))
            : throw new OptionException("offset", $"byte {choice.Offset} lies behind the end of the image, which has {source.Length} bytes");
    }

    // Where volumes of this disk may have members. What was taken out of a set is often still named by device=, so Linux takes that.
    private FurtherDisk[] OpenOthers() =>
    [
        .. _further.Select(path => new FurtherDisk(path, OpenOther(path), IsRequired: true)),
        .. Context.Options.TakeValues(DeviceOption).Select(path => new FurtherDisk(path, OpenOther(path))),
    ];

    private BlockSource OpenOther(string path)
    {
        ImageStack other = Open(path, Context.WithoutOptions());
        _opened.Add(other);
        return other.OpenDisk(VolumeChoice.None).Source;
    }

    /// <summary>The volume chosen, as bytes; the disk as a whole when none is.</summary>
    /// <exception cref="ImageException">The container or the partition table cannot be read.</exception>
    /// <exception cref="OptionException">An option's value is not valid, or no volume is the one chosen.</exception>
    public BlockSource OpenVolume()
    {
        VolumeChoice choice = VolumeChoice.Take(Context);
        Disk disk = OpenDisk(choice);
        BlockSource source = disk.Source;
        if (choice.IsMade)
        {
            Selection selection = disk.Select(choice);
            selection.Tell(Context.Warn, isStrict: false);
            source = selection.Volumes[0].Source;
        }
        else
        {
            disk.JudgeStrangers();
        }

        RefuseRest();
        return source;
    }

    /// <summary>
    /// Opens the file system of the volume chosen; or, when none is, that of the image as a whole, or those of its partitions, each as a
    /// directory of its own: <c>1-EFI</c>, <c>2-rootfs</c>.
    /// </summary>
    /// <exception cref="ImageException">No format is recognised, or the file system is damaged.</exception>
    /// <exception cref="OptionException">An option's value is not valid, or no volume is the one chosen.</exception>
    public FileSystem OpenFileSystem()
    {
        VolumeChoice choice = VolumeChoice.Take(Context);
        Disk disk = OpenDisk(choice);
        FileSystem fileSystem = disk.Source.Find<IDiscTracks>() is { ShowsAudio: true } disc && disc.Tracks.Any(track => !track.IsData)
            ? OpenWithAudio(disc, disk, choice)
            : OpenFileSystem(disk, choice);
        RefuseRest();
        return fileSystem;
    }

    private FileSystem OpenFileSystem(Disk disk, VolumeChoice choice)
    {
        bool isStrict = TakeStrict(Context.Options);
        Selection selection = disk.Select(choice);
        if (!choice.IsMade && selection.Format is null && disk.Source.Find<IDiscTracks>() is { } disc && disc.Tracks.All(track => !track.IsData))
        {
            throw new UnsupportedFeatureException("a disc of sound alone (-o audio shows its tracks as files)");
        }

        selection.Tell(Context.Warn, isStrict);
        return selection.Volumes switch
        {
            [] => throw Unrecognised(disk),
            [var volume] when selection.FormatOf(volume) is { } format => volume.Open(Context, selection.Format is null ? null : format),
            [{ Entry: null, Problem: null }] when !choice.IsMade => throw Unrecognised(disk),
            [var volume] => throw Unreadable(volume, choice.IsMade ? $"the volume of {choice}" : "the image"),
            var volumes => OpenAll(volumes, isStrict),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _opened.ForEach(opened => opened.Dispose());

    private void RefuseRest()
    {
        if (_refusesRest)
        {
            KnownFormats.RefuseRest(Context.Options);
        }
    }

    private static ImageFile OpenOutermost(
        string path, ImageLocation location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened)
    {
        LocationScheme? scheme = context.Schemes.FirstOrDefault(scheme => scheme.Names.Contains(location.Scheme));
        return scheme?.Open(location.Outer, policy, context, opened)
            ?? throw new UnsupportedFeatureException($"the scheme {location.Scheme} (a file of that name is opened as ./{path})");
    }

    private static BackingPolicy TakePolicy(OptionList options) => options.TakeValue("backing") switch
    {
        null or "folder" => BackingPolicy.Folder,
        "any" => BackingPolicy.Any,
        "device" => BackingPolicy.Device,
        string other => throw new OptionException($"backing={other}", "must be folder, any or device"),
    };

    private static bool TakeStrict(OptionList options) => options.TakeValue("left-out") switch
    {
        null or "warn" => false,
        "error" => true,
        string other => throw new OptionException($"left-out={other}", "must be warn or error"),
    };

    private static UnsupportedFeatureException Unreadable(Volume volume, string name) =>
        volume.Problem is null && volume.Foreign is { } foreign
            ? new UnsupportedFeatureException($"{(volume.Entry is null ? string.Empty : $"{name}: ")}{foreign.Text}")
            : new UnsupportedFeatureException($"{name} without a known file system ({volume.Problem ?? FileSystemFormats.Names})");

    // Sound beside the file system that would be shown without it; alone where there is no other.
    private FileSystem OpenWithAudio(IDiscTracks disc, Disk disk, VolumeChoice choice)
    {
        var audio = new AudioFileSystem(disc);
        return disc.Tracks.Any(track => track.IsData)
            ? new VolumeTree([("data", OpenFileSystem(disk, choice)), ("audio", audio)])
            : audio;
    }

    // A volume that cannot be opened does not take the others down. An option is known when one of the formats knows it.
    private VolumeTree OpenAll(IReadOnlyList<Volume> volumes, bool isStrict)
    {
        var opened = new List<(string Name, FileSystem FileSystem)>();
        HashSet<string> unknown = [.. Context.Options.Names];
        foreach (Volume volume in volumes.Take(VolumeTree.MaxVolumes))
        {
            OpenContext own = Context.WithCopiedOptions() with { Warn = message => Context.Warn($"{volume.DirectoryName}: {message}") };
            try
            {
                FileSystem fileSystem = volume.Open(own);
                opened.Add((NewName(volume.DirectoryName, opened), fileSystem));
            }
            catch (ImageException e)
            {
                Context.Warn(new LeftOut(volume, e.Message).ToString());
            }

            unknown.IntersectWith(own.Options.Names);
        }

        foreach (Volume volume in volumes.Skip(VolumeTree.MaxVolumes))
        {
            Context.Warn(new LeftOut(volume, $"at most {VolumeTree.MaxVolumes} volumes are shown").ToString());
        }

        if (isStrict)
        {
            Selection.Refuse(volumes.Count - opened.Count);
        }

        Context.Options.Keep(unknown);
        return opened.Count > 0 ? new VolumeTree(opened) : throw new UnsupportedFeatureException("a disk without a file system that can be read");
    }

    // Volumes of two sets may have one number and one label.
    private static string NewName(string name, List<(string Name, FileSystem FileSystem)> taken)
    {
        string unique = name;
        for (int i = 2; taken.Exists(other => other.Name == unique); i++)
        {
            unique = $"{name}-{i}";
        }

        return unique;
    }

    /// <summary>The error that nothing is known of what is on a disk.</summary>
    public static UnsupportedFeatureException Unrecognised(Disk disk)
    {
        if (disk.Source.Length == 0)
        {
            return new UnsupportedFeatureException("an empty image");
        }

        if (disk.Whole.Foreign is { } foreign)
        {
            return disk.Whole.IsUnknown
                ? new UnsupportedFeatureException($"an image without a partition table or a known file system: {foreign.Text}")
                : Unreadable(disk.Whole, "the image");
        }

        return disk.Table is { } table
            ? new UnsupportedFeatureException($"a disk with {table.Partitions.Count} partitions ({table.Kind}) and no known file system ({FileSystemFormats.Names})")
            : new UnsupportedFeatureException($"an image without a partition table or a known file system ({FileSystemFormats.Names}); -o offset=BYTES says where one begins inside");
    }
}
