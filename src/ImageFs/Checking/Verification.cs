using ImageFs.FileSystems;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Tree;

namespace ImageFs.Checking;

/// <summary>Gathers the checks of all layers of an image, and runs them.</summary>
/// <param name="stack">The image.</param>
internal sealed class Verification(ImageStack stack)
{
    // One damaged table may be the damage of every file: it is told once.
    private const int MaxRemembered = 1 << 16;

    private readonly List<(string Part, Check Check)> _checks = [];
    private readonly HashSet<(string Structure, long? Address, string Problem)> _told = [];

    // What takes a volume away may take others, too: it is told of the first.
    private readonly Dictionary<string, string> _firstWith = [];

    /// <summary>What the checks read, roughly, in bytes.</summary>
    public long Length => _checks.Sum(check => check.Check.Length);

    /// <summary>Opens the layers, and takes the options.</summary>
    /// <exception cref="UnsupportedFeatureException">The image is of a kind that is not read.</exception>
    /// <exception cref="OptionException">An option is unknown or not valid.</exception>
    public void Prepare()
    {
        OptionList options = stack.Context.Options;
        VolumeChoice choice = VolumeChoice.Take(options);
        Disk disk;
        try
        {
            disk = stack.OpenDisk(choice);
        }
        catch (Exception e) when (e is ImageException and not UnsupportedFeatureException or LinuxException)
        {
            Add(string.Empty, new Check("container", run => run.Find(Finding.Of(e))));
            return;
        }

        Selection selection = disk.SelectUsable(choice);
        if (disk is { Container: null, IsDivided: false, Whole: { Problem: null, IsUnknown: true } } && selection.Format is null)
        {
            throw ImageStack.Unrecognised(disk);
        }

        AddDisk(disk);
        HashSet<string> unknown = [.. options.Names];
        IReadOnlyList<Volume> volumes = selection.IsWhole || choice.IsMade ? selection.Volumes : disk.Volumes;
        bool isOnlyForeign = volumes.All(volume => selection.FormatOf(volume) is null);
        foreach (Volume volume in volumes)
        {
            OpenContext own = stack.Context.WithCopiedOptions();
            AddVolume(volume, own, selection, isOnlyForeign);
            unknown.IntersectWith(own.Options.Names);
        }

        AddRivals(disk, selection);
        if (choice.IsMade && disk.Volumes.Count > 1)
        {
            Add(string.Empty, new Check("file systems of other partitions", run => run.GiveUp("-o part=N does")));
        }

        options.Keep(unknown);
        KnownFormats.RefuseRest(options);
    }

    /// <summary>Runs the checks one after the other.</summary>
    /// <param name="tell">Called with each finding: the part of the image, and what is wrong.</param>
    /// <param name="progress">Called with the number of bytes read.</param>
    public IEnumerable<CheckOutcome> Run(Action<string, Finding> tell, Action<long> progress)
    {
        foreach ((string part, Check check) in _checks)
        {
            var findings = new List<Finding>();
            void Find(Finding finding)
            {
                if (IsNew(finding))
                {
                    findings.Add(finding);
                    tell(part, finding);
                }
            }

            var run = new CheckRun(Find, progress);
            if (check.Run is { } begin)
            {
                run.Try(() => begin(run));
            }
            else
            {
                run.GiveUp(string.Empty);
            }

            yield return new CheckOutcome(part, check.Name, run.Extent, run.State, run.Obstacle, findings) { IsFileSystem = check.IsFileSystem };
        }
    }

    private void AddDisk(Disk disk)
    {
        AddContainer(string.Empty, disk.Container);
        foreach (FurtherDisk other in disk.Others)
        {
            AddContainer(other.Name, other.Source as Container);
        }

        foreach ((string part, Check check) in disk.VolumeChecks)
        {
            Add(part, check);
        }

        Add(string.Empty, ReadCheck.Of(disk.Source, disk.Container, stack.Context.Memory.Decoded));
        foreach (FurtherDisk other in disk.Others)
        {
            Add(other.Name, ReadCheck.Of(other.Source, other.Source as Container, stack.Context.Memory.Decoded));
        }
    }

    private void AddContainer(string part, Container? container)
    {
        // What a disk in it has no use for is decoded, too.
        foreach (Container around in container?.OutermostFirst() ?? [])
        {
            Check reading = ReadCheck.Of(around, around, stack.Context.Memory.Decoded);
            Add(part, reading with { Name = $"{around.Format} as a whole" });
        }

        foreach (Check check in container?.Checks ?? [])
        {
            Add(part, check);
        }

        if (container is { HasOwnBlocks: true })
        {
            Add(part, BlockCheck.Of(container));
        }
    }

    // The whole is held against its parts, and what a volume is shown as against what else it may be: only one of them can be whole.
    private void AddRivals(Disk disk, Selection selection)
    {
        Volume whole = disk.Whole;
        if (!selection.IsWhole && !disk.Use.IsWhole && whole.Candidates.FirstOrDefault(candidate => candidate.IsReadable) is { } left)
        {
            AddOther(string.Empty, left, whole);
        }
        else if (selection.IsWhole && !disk.Use.IsWhole)
        {
            Add(string.Empty, new Check("the whole against its parts", run => run.Find(new Finding(
                string.Empty, null, "partitions with file systems of their own lie where this file system has its data: it is left from before, and written over"))));
        }

        foreach (Volume volume in selection.Volumes.Where(volume => volume.Candidates.Count > 1))
        {
            Recognition best = volume.Candidates[0];
            if (selection.Format is { } wanted && best.Format != wanted && !volume.Candidates.Any(other => other.Format == wanted && Recogniser.IsBridge(best, other)))
            {
                Add(PartOf(volume), new Check("what else is there", run => run.Find(new Finding(
                    string.Empty, null, $"what is there is likelier of type {best.Type}: this file system is left from before, and may be written over"))));
            }
            else if (selection.Format is null && (volume.Rival ?? (best.IsReadable ? null : volume.OtherThan(best.Format))) is { } rival)
            {
                AddOther(PartOf(volume), rival, volume);
            }
        }
    }

    private void AddOther(string part, Recognition other, Volume volume) => Add(
        part, new Check($"{other.Type}, which is here too", run => run.GiveUp($"-o {volume.OptionFor(other)} does")));

    private static string PartOf(Volume volume) => volume.Entry is null ? string.Empty : volume.DirectoryName;

    private void AddVolume(Volume volume, OpenContext own, Selection selection, bool isOnlyForeign)
    {
        string part = PartOf(volume);
        FileSystemFormat? format = selection.FormatOf(volume);
        if (format is null && volume.Source.Find<IDiscTracks>() is { } disc && disc.Tracks.All(track => !track.IsData))
        {
            // A disc of sound can only be read.
            return;
        }

        if (format is null)
        {
            Add(part, new Check("file system", run => NameObstacle(volume, run, isOnlyForeign)) { IsFileSystem = true });
            return;
        }

        var warnings = new List<string>();
        var notices = new List<string>();
        FileSystem? fileSystem = null;
        Exception? problem = null;
        try
        {
            fileSystem = format.Open(volume.Sources, own with { Warn = warnings.Add, Notice = notices.Add });
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            problem = e;
        }

        Add(part, new Check(fileSystem?.Format ?? format.Name, run =>
        {
            warnings.ForEach(warning => run.Find(new Finding(string.Empty, null, warning)));
            if (problem is not null)
            {
                run.Try(() => throw problem);
            }
        })
        {
            IsFileSystem = true,
        });
        if (notices.Count > 0)
        {
            Add(part, new Check("completeness", run => notices.ForEach(run.Block)));
        }

        if (fileSystem is not null)
        {
            IReadOnlyList<Check> structures = fileSystem.Checks.Structures;
            foreach (Check check in structures.Where(check => check.Run is not null))
            {
                Add(part, check);
            }

            Add(part, FileCheck.Of(fileSystem, volume.Source));
            Add(part, OverlapCheck.Of(fileSystem, volume.Source));
            foreach (Check check in structures.Where(check => check.Run is null))
            {
                Add(part, check);
            }
        }
    }

    // Beside a file system that is checked, a partition without any has nothing to check; a file system that is not read has.
    private void NameObstacle(Volume volume, CheckRun run, bool isOnlyForeign)
    {
        if (volume.Problem is { } problem)
        {
            if (_firstWith.TryAdd(problem, PartOf(volume)))
            {
                run.Find(new Finding(string.Empty, null, problem));
            }
            else
            {
                run.Block($"as {_firstWith[problem]}");
            }
        }
        else if (!volume.IsUnknown && volume.Foreign is { } foreign)
        {
            string reason = $"{foreign.Title} is not read";
            if (foreign.MayHaveFiles || isOnlyForeign)
            {
                run.Block(reason);
            }
            else
            {
                run.GiveUp(reason);
            }
        }
        else if (isOnlyForeign)
        {
            run.Block("none is known");
        }
        else
        {
            run.GiveUp("none is known");
        }
    }

    private void Add(string part, Check check) => _checks.Add((part, check));

    private bool IsNew(Finding finding) =>
        finding.Address is null || _told.Count >= MaxRemembered || _told.Add((finding.Structure, finding.Address, finding.Problem));
}
