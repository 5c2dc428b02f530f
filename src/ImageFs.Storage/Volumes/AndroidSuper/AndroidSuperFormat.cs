using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Volumes.AndroidSuper;

/// <summary>Android's super partition, which logical partitions are made of (dynamic partitions; liblp).</summary>
internal sealed class AndroidSuperFormat : VolumeFormat
{
    internal const string FormatName = "android-super";
    internal const string SlotOption = "super-slot";
    internal const string DeviceOption = "super-device";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "Android's super partition (dynamic partitions)";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [.. SuperGeometry.Places.Select(place => new Mark(place, SuperGeometry.Magic.ToArray()))];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options { get; } =
    [
        new($"{SlotOption}=N", "which metadata of an Android super partition counts (default: 0)"),
        new($"{DeviceOption}=NAME:FILE", "a further device that its partitions lie on"),
    ];

    /// <inheritdoc/>
    public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context) =>
        SuperGeometry.Places.Any(place => SuperGeometry.IsAt(source, place)) ? new VolumeMember(source, SetId: null) : null;

    /// <inheritdoc/>
    public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context)
    {
        BlockSource source = members[0].Source;
        var geometry = SuperGeometry.Read(source, context.Warn);
        uint slot = context.Options.TakeNumber(SlotOption, max: geometry.Slots - 1) ?? 0;
        var metadata = SuperMetadata.Read(source, geometry, slot, context);
        WarnOfOthers(source, geometry, metadata, context);
        return new AndroidSuperSet(metadata, geometry, OpenDevices(source, metadata, context), context.Warn);
    }

    /// <inheritdoc/>
    public override IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors)
    {
        if (SuperGeometry.Places.Any(place => SuperGeometry.IsAt(source, place)))
        {
            yield return new Check("super metadata", run => SuperChecks.Run(source, run));
        }
    }

    // Each slot is for one system: which of them the device started last is not told here.
    private static void WarnOfOthers(BlockSource source, SuperGeometry geometry, SuperMetadata metadata, OpenContext context)
    {
        for (uint other = 0; other < geometry.Slots; other++)
        {
            try
            {
                if (other != metadata.Slot && !SuperMetadata.Read(source, geometry, other, context with { Warn = static _ => { } }).IsLike(metadata))
                {
                    context.Warn($"slot {other} of the super metadata is not as slot {metadata.Slot}, which is shown; -o {SlotOption}={other} shows it");
                }
            }
            catch (ImageException)
            {
                // It is not the one that counts; verify tells.
            }
        }
    }

    private static Dictionary<string, BlockSource> OpenDevices(BlockSource source, SuperMetadata metadata, OpenContext context)
    {
        if (metadata.Devices.Count == 0)
        {
            throw metadata.Invalid("it has no block device");
        }

        var devices = new Dictionary<string, BlockSource>(StringComparer.Ordinal) { [metadata.Devices[0].Name] = source };
        foreach (string value in context.Options.TakeValues(DeviceOption))
        {
            string[] parts = value.Split(':', 2);
            if (parts.Length < 2 || !metadata.Devices.Any(device => device.Name == parts[0]))
            {
                throw new OptionException($"{DeviceOption}={value}", $"must be NAME:FILE, with one of the names {string.Join(", ", metadata.Devices.Skip(1).Select(device => device.Name))}");
            }

            devices[parts[0]] = context.OpenOther?.Invoke(parts[1]) ?? throw new OptionException($"{DeviceOption}={value}", "there is nothing that paths could begin at");
        }

        return devices;
    }
}
