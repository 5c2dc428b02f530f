using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>Linux's logical volumes, LVM2: labels and the text of a volume group on each physical volume (lib/format_text).</summary>
internal sealed class LvmFormat : VolumeFormat
{
    /// <inheritdoc/>
    public override string Name => "LVM2_member";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["lvm", "lvm2"];

    /// <inheritdoc/>
    public override string Title => "LVM2";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } =
        [new(PhysicalVolumeLabel.TypePlace, PhysicalVolumeLabel.Type.ToArray()) { Places = PhysicalVolumeLabel.Sectors, Step = PhysicalVolumeLabel.SectorSize }];

    /// <inheritdoc/>
    public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context)
    {
        if (PhysicalVolumeLabel.Read(source) is not { } label)
        {
            return null;
        }

        (VolumeGroup? group, ImageException? damage) = LvmMember.ReadGroup(source, label, context.Recognition);
        bool isInGroup = group is not null || damage is not null || label.IsUsed;
        return group is null && damage is not null && sectors.IsVolume(source)
            ? null
            : new LvmMember(source, label, group, isInGroup ? group?.Uuid ?? string.Empty : null) { Uuid = label.Uuid, Damage = damage };
    }

    /// <inheritdoc/>
    public override bool IsComplete(IReadOnlyList<VolumeMember> members)
    {
        VolumeGroup? newest = LvmMember.NewestOf(members);
        return newest is not null && members.Count >= newest.PhysicalVolumes.Count
            && members.Select(member => member.Uuid).ToHashSet(StringComparer.Ordinal).IsSupersetOf(newest.PhysicalVolumes.Select(volume => volume.Uuid));
    }

    /// <inheritdoc/>
    public override bool IsOf(VolumeMember stray, IReadOnlyList<VolumeMember> members) =>
        LvmMember.NewestOf(members)?.Has(stray.Uuid) ?? false;

    /// <inheritdoc/>
    public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) => LvmSet.Make([.. members.Cast<LvmMember>()], context);

    /// <inheritdoc/>
    public override IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors) => PhysicalVolumeChecks.Of(source);
}
