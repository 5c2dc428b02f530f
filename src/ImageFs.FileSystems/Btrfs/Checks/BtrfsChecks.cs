using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>What can be checked of a Btrfs file system beside its files. It is checked as it lies on disk, with no log replayed.</summary>
/// <param name="devices">The file system.</param>
internal sealed class BtrfsChecks(DeviceSet devices)
{
    /// <summary>The checks, and what there is that is not checked.</summary>
    public IReadOnlyList<Check> All =>
    [
        new Check("trees", run => new TreeCheck(devices).Run(run)),
        new Check("chunks", run => new ChunkCheck(devices).Run(run)),
        new Check("extents and references", run => new ReferenceCheck(devices, Cells).Run(run)),
        new Check("free-space tree", run => new FreeSpaceCheck(devices, Cells).Run(run)),
        new Check("directories and links", run => new NameCheck(devices).Run(run)),
        new Check("data checksums", run => new DataCheck(devices).Run(run)) { Length = (long)Math.Min(devices.Super.BytesUsed, long.MaxValue) },
        new Check("data that should have checksums"),
        new Check("quota groups"),
        new Check("UUID tree"),
    ];

    private LogicalCells Cells => new(devices.Logical.Chunks, devices.Geometry.SectorSize);
}
