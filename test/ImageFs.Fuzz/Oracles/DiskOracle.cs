using ImageFs.Fuzz.Targets;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;

namespace ImageFs.Fuzz.Oracles;

/// <summary>Looks at a disk as <c>info</c>, <c>verify</c> and a mount do: all its volumes are found, described, and read.</summary>
/// <param name="use">How it is used.</param>
/// <param name="context">What file systems on it are opened with.</param>
internal sealed class DiskOracle(Use use, OpenContext context)
{
    private const int MaxVolumes = 24;

    /// <summary>Whether the file systems of the volumes are opened and gone through as well.</summary>
    public bool OpensFileSystems { get; init; }

    /// <summary>Looks at a disk.</summary>
    public void Check(Disk disk)
    {
        use.Outcome.Try(disk.UnlockAll);
        var source = new SourceOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents };
        foreach (VolumeNode node in disk.Root.Walk().Take(MaxVolumes))
        {
            Visit(node, source);
        }

        use.Outcome.Try(() => _ = disk.Volumes);
        if (OpensFileSystems)
        {
            use.Outcome.Try(() => OpenFileSystems(disk));
        }

        if (use.RunsChecks)
        {
            var trees = new TreeOracle(use.Outcome, use.Random);
            foreach ((string _, Check check) in disk.VolumeChecks.Take(MaxVolumes))
            {
                trees.Run(check);
            }
        }
    }

    private void Visit(VolumeNode node, SourceOracle source)
    {
        if (node.Problem is { } problem)
        {
            use.Outcome.Note(problem.GetType().Name, problem.Message);
        }

        if (node.Set is { } set)
        {
            use.Outcome.NoteOpened();
            use.Outcome.NoteFormat(node.Format!.Name);
            use.Outcome.Try(() => set.Describe());
        }

        if (node.Entry is not null && node.Problem is null)
        {
            source.Check(node.Source);
        }
    }

    private void OpenFileSystems(Disk disk)
    {
        foreach (Volume volume in disk.Volumes.Where(volume => volume.Format is not null).Take(MaxVolumes))
        {
            use.Outcome.Try(() => new TreeOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents, RunsChecks = use.RunsChecks }.Check(volume.Open(context)));
        }
    }
}
