namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>A physical volume that is there.</summary>
/// <param name="Source">Its bytes.</param>
/// <param name="Header">Its label.</param>
/// <param name="Group">What its own metadata says of the group that it is in; null when it has none that is whole.</param>
/// <param name="SetId">The group's UUID; empty when only others know the group, null when it is in none.</param>
internal sealed record LvmMember(BlockSource Source, PhysicalVolumeLabel Header, VolumeGroup? Group, string? SetId) : VolumeMember(Source, SetId)
{
    /// <summary>What is wrong with a copy of its metadata; null when nothing is.</summary>
    public ImageException? Damage { get; init; }

    /// <summary>The newest description of a group that its members have; null when none has one.</summary>
    public static VolumeGroup? NewestOf(IEnumerable<VolumeMember> members) =>
        members.Select(member => ((LvmMember)member).Group).Where(group => group is not null).MaxBy(group => group!.Sequence);

    /// <summary>Reads the metadata of a physical volume: the newest of the copies that are whole, and what is wrong with the first that is not.</summary>
    /// <param name="source">The physical volume.</param>
    /// <param name="label">Its label.</param>
    /// <param name="allowance">What may still be read of texts; null for any amount.</param>
    public static (VolumeGroup? Group, ImageException? Damage) ReadGroup(BlockSource source, PhysicalVolumeLabel label, RecognitionAllowance? allowance = null)
    {
        VolumeGroup? newest = null;
        ImageException? damage = null;
        foreach (DiskArea area in label.MetadataAreas)
        {
            try
            {
                if (new MetadataArea(source, area.Start).Read(allowance) is { } text && VolumeGroup.Read(text) is var group && group.Sequence > (newest?.Sequence ?? -1))
                {
                    newest = group;
                }
            }
            catch (ImageException e)
            {
                damage ??= e;
            }
        }

        return (newest, damage);
    }
}
