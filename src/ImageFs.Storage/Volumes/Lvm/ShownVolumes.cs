using ImageFs.Storage.Volumes.Lvm.Snapshot;
using ImageFs.Storage.Volumes.Lvm.Thin;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>
/// What users see under the name of a volume: mostly itself; of one with the exceptions of a snapshot the snapshot; of one that a snapshot is
/// being merged into, what comes of it.
/// </summary>
internal sealed class ShownVolumes
{
    private readonly Dictionary<string, LogicalVolume> _others = new(StringComparer.Ordinal);

    /// <param name="group">The group.</param>
    /// <exception cref="InvalidImageException">The metadata of a snapshot is damaged.</exception>
    public ShownVolumes(VolumeGroup group)
    {
        foreach (LogicalVolume volume in group.LogicalVolumes)
        {
            if (volume.Segments is [var segment] && NameOf(segment) is { } name)
            {
                _others[name] = volume;
            }
        }
    }

    /// <summary>Whether users see a volume. The text has "VISIBLE" for a snapshot's own segment, and not for the volume that has its name.</summary>
    public bool Has(LogicalVolume volume) =>
        volume.Segments is not [{ Type: SnapshotSegment.Type }] && (volume.IsVisible || _others.ContainsKey(volume.Name)) && !SegmentTypes.IsPool(volume);

    /// <summary>The volume that users see in the place of one.</summary>
    public LogicalVolume Of(LogicalVolume volume) => _others.GetValueOrDefault(volume.Name, volume);

    private static string? NameOf(Segment segment) => segment.Type switch
    {
        SnapshotSegment.Type => SnapshotSegment.ShownAs(segment),
        ThinSegment.Type => ThinSegment.ShownAs(segment),
        _ => null,
    };
}
