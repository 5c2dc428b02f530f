using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Erofs.Checks;

/// <summary>
/// What <c>verify</c> checks of a file system beside all files: reading those decodes everything. Nothing has a checksum but the super block.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class ErofsChecks(ErofsVolume volume)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<Check> All =>
    [
        new("super block", CheckSuperBlock),
        new("directories and inodes", run => new TreeCheck(volume, run).Run()),
    ];

    private void CheckSuperBlock(CheckRun run) => run.Try(() =>
    {
        SuperBlock super = SuperBlock.Read(volume.Primary, stackalloc byte[SuperBlock.FullSize]);
        if (!super.Compatible.HasFlag(CompatibleFeatures.SuperBlockChecksum))
        {
            run.GiveUp("it has no checksum");
        }
        else if (super.FindChecksumProblem(volume.Primary) is { } problem)
        {
            run.Find(SuperBlock.Structure, SuperBlock.Address, problem);
        }

        foreach (int missing in Enumerable.Range(1, volume.Devices.Count).Where(number => volume.Devices[number - 1].IsMissing))
        {
            run.Block($"device {missing} is missing");
        }
    });
}
