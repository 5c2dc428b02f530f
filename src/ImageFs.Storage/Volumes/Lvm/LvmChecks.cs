using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes.Lvm.Cache;
using ImageFs.Storage.Volumes.Lvm.Thin;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>What can be checked of a volume group, besides the text that describes it: the metadata that volumes have of their own.</summary>
internal static class LvmChecks
{
    /// <summary>The checks.</summary>
    /// <param name="volumes">The volumes of the group.</param>
    public static IEnumerable<Check> Of(LogicalVolumes volumes) =>
        from volume in volumes.Group.LogicalVolumes
        from segment in volume.Segments
        let check = RunOf(segment, volumes)
        where check is not null
        select new Check($"{segment.Type} {volumes.Group.Name}/{volume.Name}", check);

    private static Action<CheckRun>? RunOf(Segment segment, LogicalVolumes volumes) => segment.Type switch
    {
        ThinSegment.PoolType => run =>
        {
            (BlockSource metadata, BlockSource data) = ThinSegment.OpenParts(segment, volumes);
            ThinCheck.Run(metadata, data, volumes.Context.Memory, run);
        }
        ,
        CacheSegment.Type => run => CacheCheck.Run(CacheSegment.OpenParts(segment, volumes).Metadata, volumes.Context.Memory, run),
        _ => null,
    };
}
