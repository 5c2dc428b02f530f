namespace ImageFs.Storage.Volumes.AndroidSuper;

/// <summary>The logical partitions of a super partition.</summary>
internal sealed record AndroidSuperSet : VolumeSet
{
    // What an update of Virtual A/B is written to before it is merged.
    private const string SnapshotSuffix = "-cow";

    private readonly SuperMetadata _metadata;
    private readonly SuperGeometry _geometry;
    private readonly Dictionary<string, BlockSource> _devices;

    /// <summary>Makes the set.</summary>
    /// <param name="metadata">What the slot that counts says.</param>
    /// <param name="geometry">Where that is.</param>
    /// <param name="devices">The devices that are there, by their names.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    public AndroidSuperSet(SuperMetadata metadata, SuperGeometry geometry, Dictionary<string, BlockSource> devices, Action<string> warn)
        : base(AndroidSuperFormat.FormatName, string.Empty)
    {
        _metadata = metadata;
        _geometry = geometry;
        _devices = devices;
        Missing = [.. metadata.Devices.Where(device => !devices.ContainsKey(device.Name)).Select(device => $"block device {device.Name}")];
        Entries = [.. metadata.Partitions.Where(partition => partition.Length > 0).Select((partition, index) => new SuperEntry(index + 1, partition))];
        if (Missing.Count > 0)
        {
            warn($"the super partition lies on {metadata.Devices.Count} devices, and is not complete: missing {string.Join(", ", Missing)} (-o {AndroidSuperFormat.DeviceOption}=NAME:FILE names one)");
        }

        foreach (SuperPartition snapshot in metadata.Partitions.Where(partition => partition.Name.EndsWith(SnapshotSuffix, StringComparison.Ordinal)))
        {
            warn($"an update that is not merged is in the logical partition {snapshot.Name}: {snapshot.Name[..^SnapshotSuffix.Length]} is shown without it");
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<VolumeEntry> Entries { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Missing { get; }

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        ImageDescription description = new ImageDescription(AndroidSuperFormat.FormatName)
            .With("slot", (long)_metadata.Slot)
            .With("slots", (long)_geometry.Slots)
            .With("block-size", (long)_geometry.BlockSize)
            .With("virtual-ab", _metadata.Flags.HasFlag(SuperFlags.VirtualAB) ? true : null)
            .With("overlays", _metadata.Flags.HasFlag(SuperFlags.OverlaysActive) ? true : null);
        foreach (SuperDevice device in _metadata.Devices)
        {
            description.Children.Add(new ImageDescription("block-device")
                .With("name", device.Name)
                .With("bytes", device.Length)
                .With("missing", _devices.ContainsKey(device.Name) ? null : true));
        }

        foreach (SuperGroup group in _metadata.Groups)
        {
            description.Children.Add(new ImageDescription("group")
                .With("name", group.Name)
                .With("max-bytes", group.MaxLength == 0 ? null : group.MaxLength)
                .With("partitions", string.Join(", ", _metadata.Partitions.Where(partition => partition.Group == group.Name).Select(NameOf))));
        }

        return description;
    }

    /// <inheritdoc/>
    public override BlockSource Open(VolumeEntry entry, OpenContext context)
    {
        SuperPartition partition = ((SuperEntry)entry).Partition;
        BlockSource[] parts = [.. partition.Extents.Where(extent => extent.Length > 0).Select(extent => Open(extent, partition))];
        return new NamedSource(parts.Length == 1 ? parts[0] : new ConcatenatedSource(parts), entry.Name);
    }

    private BlockSource Open(SuperExtent extent, SuperPartition partition)
    {
        if (extent.Device == SuperExtent.Zeros)
        {
            return new MappedSource(MemorySource.Empty, new ExtentMapBuilder().Append(extent.Length, ExtentKind.Hole).Build());
        }

        SuperDevice device = _metadata.Devices[extent.Device];
        if (extent.Length > device.Length - extent.Address)
        {
            throw _metadata.Invalid($"the logical partition {partition.Name} has {extent.Length} bytes at 0x{extent.Address:X} of {device.Name}, which ends at 0x{device.Length:X}");
        }

        return _devices.TryGetValue(device.Name, out BlockSource? source)
            ? new BlockSlice(source, extent.Address, extent.Length)
            : throw new TruncatedImageException($"the logical partition {partition.Name} lies on the block device {device.Name}, which is missing (-o {AndroidSuperFormat.DeviceOption}={device.Name}:FILE names it)");
    }

    private static string NameOf(SuperPartition partition) =>
        partition.Name + (partition.Attributes.HasFlag(SuperAttributes.Disabled) ? " (disabled)" : partition.Length == 0 ? " (empty)" : string.Empty);
}

/// <summary>A logical partition that has bytes.</summary>
internal sealed record SuperEntry : VolumeEntry
{
    /// <param name="number">Its number among those.</param>
    /// <param name="partition">What the metadata says of it.</param>
    public SuperEntry(int number, SuperPartition partition)
        : base(number, partition.Length, "linear")
    {
        Partition = partition;
        Kind = "dm";
        Name = partition.Name;
    }

    /// <summary>What the metadata says of it.</summary>
    public SuperPartition Partition { get; }
}
