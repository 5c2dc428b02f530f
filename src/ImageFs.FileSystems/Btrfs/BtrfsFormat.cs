using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Log;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>Btrfs, on one device or several.</summary>
internal sealed class BtrfsFormat : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => "btrfs";

    /// <inheritdoc/>
    public override string Title => "Btrfs";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new((int)SuperBlock.FirstAddress + SuperBlock.MarkOffset, "_BHRfS_M")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".raw"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        new("subvol=PATH", "the subvolume that is shown, by its path"),
        new("subvolid=N", "the subvolume that is shown, by its number"),
        new("degraded", "read what is left when devices are missing"),
        new("nologreplay", "leave the log of fsync(2) alone"),
        new("norecovery", "the same"),
        new("rescue=nologreplay", "the same"),
        new("data_csum=check|off", "hold all data against its checksums, or none; without it that which is decoded"),
        new("acl", "show access control lists (default)"),
        new("noacl", "do not"),
    ];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        try
        {
            return SuperBlock.IsThere(source) && SuperBlock.Read(source) is not null;
        }
        catch (UnsupportedFeatureException)
        {
            return true;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source) => SuperBlock.IsThere(source);

    /// <inheritdoc/>
    public override bool GrowsFromOthers => true;

    /// <inheritdoc/>
    public override string? FindSet(BlockSource source)
    {
        try
        {
            return UuidText.Of(SuperBlock.Read(source).FileSystemId);
        }
        catch (UnsupportedFeatureException)
        {
            // Opening it says why.
            return null;
        }
    }

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source)
    {
        SuperBlock super = SuperBlock.Read(source);
        return new VolumeIdentity(Name, ByteText.FromBytes(super.Label), UuidText.Of(super.FileSystemId));
    }

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => (long)SuperBlock.Read(source).Device.TotalBytes;

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) => OpenVolume([source], context);

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(IReadOnlyList<BlockSource> sources, OpenContext context)
    {
        var options = BtrfsOptions.Take(context.Options);
        var deviceOptions = DeviceOptions.Take(context.Options);
        var devices = DeviceSet.Open(sources, deviceOptions.IsDegraded, context);
        Trees.Tree root = LogReplay.OpenRootTree(devices, options.LeavesLog, context);
        ulong defaultSubvolume = new SubvolumeTable(root).FindDefault(devices.Super.RootDirectory);
        var data = new FileData(devices.Logical, new SubvolumeTable(root).FindTree(ObjectIds.ChecksumTree), deviceOptions.Checking);
        ulong shown = SubvolumeChoice.Find(options, defaultSubvolume, () => Open(ObjectIds.FsTree));
        return new BtrfsFileSystem(Open(shown), options);

        BtrfsVolume Open(ulong subvolume) => new(context.Memory, root, subvolume)
        {
            Devices = devices,
            DefaultSubvolume = defaultSubvolume,
            Data = data,
        };
    }
}
