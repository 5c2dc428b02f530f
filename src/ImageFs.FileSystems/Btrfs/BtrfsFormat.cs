using ImageFs.FileSystems.Btrfs.Devices;
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
        new("rescue=WAYS", "pass over what is damaged: usebackuproot, nologreplay, ignorebadroots, ignoredatacsums, ignoremetacsums, ignoresuperflags, all"),
        new("usebackuproot", "the first of them, by its older name"),
        new("recovery", "the same"),
        new("data_csum=check|off", "hold all data against its checksums, or none; without it that which is decoded"),
        new("acl", "show access control lists (default)"),
        new("noacl", "do not"),
    ];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) =>
        ProbeByReading(() => SuperBlock.IsThere(source) && SuperBlock.Read(source) is not null);

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source) => SuperBlock.IsThere(source);

    /// <inheritdoc/>
    public override bool GrowsFromOthers => true;

    /// <inheritdoc/>
    public override bool IsSeed(BlockSource source) => SuperBlock.Read(source).Flags.HasFlag(SuperBlockFlags.Seeding);

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
        var devices = DeviceSet.Open(sources, deviceOptions, context);
        Trees.Tree root = RootTrees.Open(devices, deviceOptions.Rescue, context);
        ulong defaultSubvolume = new SubvolumeTable(root).FindDefault(devices.Super.RootDirectory);
        Trees.Tree? checksums = new SubvolumeTable(root).FindTree(ObjectIds.ChecksumTree);
        bool isUnchecked = checksums is not null && deviceOptions.Rescue.IgnoresBadRoots && !RootTrees.IsReadable(checksums);
        var data = new FileData(devices.Logical, isUnchecked ? null : checksums, deviceOptions.Checking);
        ulong shown = SubvolumeChoice.Find(options, defaultSubvolume, () => Open(ObjectIds.FsTree));
        return new BtrfsFileSystem(Open(shown), options);

        BtrfsVolume Open(ulong subvolume) => new(context.Memory, root, subvolume)
        {
            Devices = devices,
            DefaultSubvolume = defaultSubvolume,
            Data = data,
            IgnoresBadRoots = deviceOptions.Rescue.IgnoresBadRoots,
        };
    }
}
