using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>A volume group, or a physical volume that is in none.</summary>
internal sealed record LvmSet : VolumeSet
{
    private const string SetKind = "volume-group";

    private readonly VolumeGroup? _group;
    private readonly LogicalVolumes? _volumes;
    private readonly IReadOnlyList<LvmMember> _members;

    private LvmSet(IReadOnlyList<LvmMember> members)
        : base(SetKind, string.Empty) => _members = members;

    private LvmSet(VolumeGroup group, IReadOnlyList<LvmMember> members, OpenContext context)
        : base(SetKind, group.Uuid)
    {
        _group = group;
        _members = members;
        var sources = members.ToDictionary(member => member.Uuid, member => member.Source, StringComparer.Ordinal);
        _volumes = new LogicalVolumes(group, sources, context.WithoutOptions());
        Missing = [.. group.PhysicalVolumes.Where(volume => !sources.ContainsKey(volume.Uuid)).Select(volume => $"{volume}")];
        var shown = new ShownVolumes(group);
        Entries = [.. group.LogicalVolumes.Where(shown.Has).Select(
            (volume, index) => new LvmEntry(index + 1, volume, shown.Of(volume), group))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<VolumeEntry> Entries { get; } = [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Missing { get; } = [];

    /// <summary>Puts a group together of the physical volumes that are there.</summary>
    /// <exception cref="ImageException">No copy of its metadata is whole.</exception>
    public static LvmSet Make(IReadOnlyList<LvmMember> members, OpenContext context)
    {
        foreach (LvmMember member in members.Where(member => member.Damage is not null))
        {
            context.Warn($"physical volume {member.Uuid}: a copy of its metadata is damaged: {member.Damage!.Message}");
        }

        if (LvmMember.NewestOf(members) is not { } group)
        {
            return members[0] switch
            {
                { Damage: { } damage } => throw damage,
                { Header.IsUsed: true } member => throw new TruncatedImageException(
                    $"physical volume {member.Uuid} has no copy of its volume group's metadata, and no other one of the group is there (-o device=FILE names the image that it is in)"),
                _ => new LvmSet(members),
            };
        }

        var used = new Dictionary<string, LvmMember>(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (LvmMember member in members)
        {
            if (!group.Has(member.Uuid))
            {
                context.Warn($"physical volume {member.Uuid} is no longer in the volume group {group.Name}: its metadata is out of date");
            }
            else if (!used.TryAdd(member.Uuid, member) && told.Add(member.Uuid))
            {
                context.Warn($"physical volume {member.Uuid} of the volume group {group.Name} is there twice: the first one found is used");
            }
        }

        var set = new LvmSet(group, [.. used.Values], context);
        if (set.Missing.Count > 0)
        {
            context.Warn($"volume group {group.Name} is not complete: missing {string.Join(", ", set.Missing)}");
        }

        if (WhyNotActive(group) is { } reason)
        {
            context.Warn($"volume group {group.Name} {reason}: LVM does not activate it as it is");
        }

        return set;
    }

    private static string? WhyNotActive(VolumeGroup group) =>
        group.IsExported ? "is exported (vgexport)"
        : group.SystemId.Length > 0 ? $"belongs to the machine {group.SystemId}"
        : null;

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        ImageDescription description = new ImageDescription(SetKind)
            .With("name", _group?.Name)
            .With("uuid", Id)
            .With("sequence", _group?.Sequence)
            .With("extent-size", _group?.ExtentLength)
            .With("system-id", _group?.SystemId)
            .With("lock-type", _group?.LockType)
            .With("exported", _group is { IsExported: true } ? true : null);
        var there = _members.Select(member => member.Uuid).ToHashSet(StringComparer.Ordinal);
        foreach (PhysicalVolume volume in _group?.PhysicalVolumes ?? [])
        {
            description.Children.Add(new ImageDescription("physical-volume")
                .With("uuid", volume.Uuid)
                .With("device", volume.Device)
                .With("missing", there.Contains(volume.Uuid) ? null : true)
                .With("extents", volume.ExtentCount)
                .With("start", volume.Start));
        }

        return description;
    }

    /// <inheritdoc/>
    public override IEnumerable<Check> Checks => _volumes is null ? [] : LvmChecks.Of(_volumes);

    /// <inheritdoc/>
    public override BlockSource Open(VolumeEntry entry, OpenContext context) => new NamedSource(_volumes!.Open(((LvmEntry)entry).Shown), entry.Name);
}

/// <summary>A logical volume for users.</summary>
internal sealed record LvmEntry : VolumeEntry
{
    /// <param name="number">Its number among those of its group.</param>
    /// <param name="volume">What the metadata says of it.</param>
    /// <param name="shown">The volume whose bytes it has.</param>
    /// <param name="group">Its group.</param>
    public LvmEntry(int number, LogicalVolume volume, LogicalVolume shown, VolumeGroup group)
        : base(number, shown.Length, SegmentTypes.NameOf(shown))
    {
        Volume = volume;
        Shown = shown;
        Kind = "lvm";
        Name = $"{group.Name}/{volume.Name}";
        Uuid = volume.Uuid;
    }

    /// <summary>What the metadata says of it.</summary>
    public LogicalVolume Volume { get; }

    /// <summary>The volume whose bytes it has: itself, or a snapshot.</summary>
    public LogicalVolume Shown { get; }

    /// <inheritdoc/>
    public override bool IsNamed(string value) => value == Name || value == Uuid;
}
