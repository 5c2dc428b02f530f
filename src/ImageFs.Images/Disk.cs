using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Volumes;

namespace ImageFs.Images;

/// <summary>A disk and what it is divided into.</summary>
public sealed class Disk
{
    private readonly SectorSizes _sectors;
    private readonly VolumeSearch _search;
    private readonly VolumeNode _root;
    private readonly (FurtherDisk Disk, VolumeNode Node)[] _others;
    private readonly Dictionary<VolumeNode, Volume> _volumeOf = [];
    private readonly HashSet<string> _strangers = [];
    private readonly OpenContext _context;
    private readonly IReadOnlyList<FileSystemFormat> _formats;
    private Volume? _whole;
    private Volume[]? _partitions;
    private Volume[]? _volumes;
    private DiskUse? _use;

    /// <summary>Finds out what a disk is divided into.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="container">What they are kept in; null when they lie there as they are.</param>
    /// <param name="sectors">What is known of its sectors.</param>
    /// <param name="context">What its volumes are opened with; null for the defaults.</param>
    /// <param name="others">Further disks, where volumes of this one may have members.</param>
    public Disk(BlockSource source, Container? container, SectorSizes? sectors = null, OpenContext? context = null, params IEnumerable<FurtherDisk> others)
    {
        _sectors = (sectors ?? new SectorSizes()) with { IsVolume = Recogniser.IsVolume };
        context ??= new OpenContext();
        _context = context;
        _formats = FileSystemFormats.Of(context);
        _search = new VolumeSearch(VolumeFormats.Of(context), context with { Warn = static _ => { } });
        _root = _search.Add(source, _sectors);
        _others = [.. others.Select(other => (other, _search.Add(other.Source, new SectorSizes(_sectors.Stated) { IsVolume = Recogniser.IsVolume })))];
        Source = source;
        Container = container;
    }

    /// <summary>Its bytes.</summary>
    public BlockSource Source { get; }

    /// <summary>What it is kept in; null when its bytes are the image's own.</summary>
    public Container? Container { get; }

    /// <summary>The disk as one volume: an image of a file system has no partitions.</summary>
    public Volume Whole => _whole ??= Join(RecogniseWhole());

    /// <summary>The disk as what its volumes lie on, all of them found.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public VolumeNode Root
    {
        get
        {
            _search.Run();
            return _root;
        }
    }

    /// <summary>Whether there is anything in it that could be shown.</summary>
    public bool IsImage => Container is not null || Whole.Format is not null || (IsDivided && _root.Problem is null);

    /// <summary>Whether all of it is a member of something that makes volumes: it is encrypted, or a part of an array.</summary>
    public bool IsMember => IsDivided && _root is { Member: not null, Format.DividesDisks: false };

    /// <summary>Whether it is divided into volumes, or a member of such as lie on several disks; by structures that are damaged, too.</summary>
    public bool IsDivided
    {
        get
        {
            _search.Recognise(_root);
            return _root.Format is not null;
        }
    }

    /// <summary>The partition table; null when there is none, or it is damaged past use. Of a disc, its tracks.</summary>
    public PartitionTable? UsableTable => IsDivided ? _root.Set as PartitionTable : null;

    /// <summary>The partition table; null when there is none. Of a disc, its tracks.</summary>
    /// <exception cref="ImageException">It is damaged past use.</exception>
    public PartitionTable? Table => IsDivided && _root.Problem is { } problem ? throw problem : UsableTable;

    /// <summary>The partitions of the table, and what is on each; those that only hold others are left out.</summary>
    /// <exception cref="ImageException">The table is damaged past use.</exception>
    public IReadOnlyList<Volume> Partitions => _partitions ??= Table is null ? [] : [.. Root.Parts.Select(VolumeOf)];

    /// <summary>
    /// All volumes, and what is on each: the partitions, and in the place of those that are members of something the volumes which that
    /// makes of them.
    /// </summary>
    /// <exception cref="ImageException">The table is damaged past use.</exception>
    public IReadOnlyList<Volume> Volumes => _volumes ??= FindVolumes();

    /// <summary>What is on a volume that was found on the disk.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Volume VolumeOf(VolumeNode node)
    {
        if (!_volumeOf.TryGetValue(node, out Volume? volume))
        {
            _volumeOf[node] = volume = Volume.Recognise(node, _formats);
        }

        return volume;
    }

    /// <summary>What can be checked of the partition table, and of what else makes volumes: the volume that it is on, empty for the disk, and the check.</summary>
    public IEnumerable<(string Part, Check Check)> VolumeChecks
    {
        get
        {
            var sets = new HashSet<VolumeSet>(ReferenceEqualityComparer.Instance);
            foreach ((string part, VolumeNode node) in IsDivided && _root.Problem is null ? WalkAll() : [(PartOf(_root), _root)])
            {
                // Once for each place, and not what was too much to be read at all.
                bool isChecked = !node.IsRepeated && node.Problem is not UnsupportedFeatureException;
                foreach (Check check in isChecked ? node.Format?.ChecksOf(node.Source, _sectors) ?? [] : [])
                {
                    yield return (part, check);
                }

                foreach (Check check in node.Set is { } set && sets.Add(set) ? set.Checks : [])
                {
                    yield return (node.Parts is [var first, ..] ? PartOf(first) : part, check);
                }
            }
        }
    }

    /// <summary>Further disks, where volumes of this one may have members.</summary>
    public IEnumerable<FurtherDisk> Others => _others.Select(other => other.Disk);

    /// <summary>What is used of the disk if nothing is chosen: the whole, or the partitions.</summary>
    public DiskUse Use => _use ??= DiskUse.Judge(this);

    /// <summary>
    /// Finds further disks of which nothing belongs to a volume or a file system of this one: one that has to is an error, for whoever gave it
    /// expects to see what is there; of another the next selection warns. What is still encrypted may belong to anything.
    /// </summary>
    /// <exception cref="UnsupportedFeatureException">There is such a disk, or what is on it is damaged.</exception>
    public void JudgeStrangers()
    {
        if (_others.Length == 0)
        {
            return;
        }

        VolumeNode[] own = [.. Root.Walk()];
        if (own.Any(IsUnclear))
        {
            return;
        }

        var sets = own.Select(node => node.Set).OfType<VolumeSet>().ToHashSet<VolumeSet>(ReferenceEqualityComparer.Instance);
        Volume[] volumes = [.. own.Where(node => node.Set is null).Select(VolumeOf)];
        int dataDevices = volumes.Select(volume => volume.DataDevices.Count).DefaultIfEmpty().Max();
        foreach (((FurtherDisk further, VolumeNode disk), int number) in _others.Select((other, number) => (other, number)))
        {
            VolumeNode[] nodes = [.. disk.Walk()];
            if (number < dataDevices || nodes.Any(node => IsUnopened(node) || (node.Set is { } set && sets.Contains(set)))
                || nodes.Where(node => node.Set is null).Select(VolumeOf).Any(other => volumes.Any(volume => volume.IsJoinedBy(other))))
            {
                continue;
            }

            string what = nodes.FirstOrDefault(IsUnclear)?.Problem is { } problem
                ? $"the further image {further.Name}: {problem.Message}"
                : $"the further image {further.Name}, of which nothing belongs to a volume of this one";
            if (further.IsRequired)
            {
                throw new UnsupportedFeatureException($"{what} (several images are for a volume that lies on several disks)");
            }

            _strangers.Add(what);
        }
    }

    /// <summary>The volumes that a choice selects.</summary>
    /// <param name="choice">What was chosen.</param>
    /// <exception cref="OptionException">Nothing fits what was chosen, or several volumes do.</exception>
    /// <exception cref="ImageException">The table is damaged past use, or a further disk has nothing to do with this one.</exception>
    public Selection Select(VolumeChoice choice)
    {
        JudgeStrangers();
        if (choice.IsMade)
        {
            Volume chosen = Choose(choice);
            if (chosen.Node?.Problem is { } problem)
            {
                throw problem;
            }

            FileSystemFormat? wanted = choice.FormatOf(chosen);
            return new Selection([chosen]) { Format = wanted, Warnings = [.. SearchWarnings, .. Cuts([chosen]), .. wanted is null ? Doubts([chosen]) : []] };
        }

        // What is encrypted, or a part of an array, has a file system in what comes of it.
        if (!IsMember && choice.FormatOf(Whole) is { } format)
        {
            return new Selection([Whole]) { Format = format };
        }

        if (Use.IsWhole)
        {
            return new Selection([Whole]) { Warnings = [.. SearchWarnings, .. UseDoubt, .. Doubts([Whole])], LeftOut = Use.LeftOut };
        }

        UnlockShown();
        if (IsMember && Volumes is [{ Node.Problem: null } only] && choice.FormatOf(only) is { } inner)
        {
            return new Selection([only]) { Format = inner, Warnings = [.. SearchWarnings] };
        }

        Volume[] shown = [.. Volumes.Where(volume => volume.Format is not null && (!IsMember || (choice.FormatOf(volume) ?? volume.Format) == volume.Format))];
        if (shown.Length == 0 && (FirstRefused() ?? FirstProblem()) is { } refused)
        {
            throw refused;
        }

        return new Selection(shown)
        {
            Warnings = [.. SearchWarnings, .. UseDoubt, .. Cuts(Volumes), .. Doubts(shown)],
            LeftOut = [.. Volumes.Except(shown).Where(volume => !ReservedPartitions.IsReserved(volume)).Select(volume => new LeftOut(volume))],
        };
    }

    /// <summary>
    /// As <see cref="Select"/>; what other callers report leaves the whole where it is a table that is damaged past use, and no volume where
    /// none can be opened.
    /// </summary>
    public Selection SelectUsable(VolumeChoice choice)
    {
        JudgeStrangers();
        try
        {
            return Select(choice);
        }
        catch (ImageException e) when (!choice.IsMade)
        {
            return new Selection(e is not LockedVolumeException && IsDivided && _root.Problem is null ? [] : [Whole]);
        }
    }

    /// <summary>The single volume that a choice selects.</summary>
    /// <exception cref="OptionException">None is, or several are.</exception>
    /// <exception cref="LockedVolumeException">None is, and what is encrypted here cannot be opened.</exception>
    public Volume Choose(VolumeChoice choice)
    {
        IReadOnlyList<Volume> candidates;
        Volume[] matches;
        do
        {
            candidates = Volumes.Count > 0 ? Volumes : [Whole];
            matches = [.. candidates.Where(choice.Matches)];
        }
        while ((matches.All(volume => volume.IsLocked) && (matches.Length > 0 ? matches : candidates).FirstOrDefault(volume => volume.IsLocked) is { } locked && Unlock(locked.Node!)) || UnlockElsewhere());
        if (matches.Length == 0 && FirstRefused() is { } refused)
        {
            throw refused;
        }

        return matches.Length == 1
            ? matches[0]
            : throw new OptionException(
                choice.ToString(),
                $"{(matches.Length == 0 ? "no volume matches" : $"{matches.Length} volumes match")}; there are {string.Join(", ", candidates.Select(volume => volume.DirectoryName))}");
    }

    /// <summary>
    /// Opens the encrypted volumes for which there is a key at hand. For the others nobody is asked: whoever wants one chooses it.
    /// </summary>
    /// <exception cref="Linux.LinuxException">The device failed, or the key cannot be read.</exception>
    /// <exception cref="OptionException">There is no key where it should be.</exception>
    public void UnlockAll()
    {
        while (_context.Keys.IsAtHand && FirstLocked() is { } locked)
        {
            Unlock(locked.Node!);
        }

        if (_context.Keys.IsAtHand)
        {
            UnlockElsewhere();
        }
    }

    // Where there is nothing else, it is what is meant.
    private void UnlockShown()
    {
        UnlockAll();
        while (FirstLocked() is { } locked && Volumes.All(volume => volume.Format is null))
        {
            Unlock(locked.Node!);
        }

        UnlockElsewhere();
    }

    // Who names a further disk wants what is on it, for a volume of this one. Whether there was any that was still locked.
    private bool UnlockElsewhere()
    {
        bool wasLocked = false;
        while (IsDivided && _others.SelectMany(other => other.Node.Walk()).FirstOrDefault(node => node.IsLocked) is { } locked)
        {
            wasLocked = Unlock(locked);
            _search.Run();
        }

        return wasLocked;
    }

    private Volume? FirstLocked() => IsDivided && _root.Problem is null ? Volumes.FirstOrDefault(volume => volume.IsLocked) : null;

    private ImageException? FirstRefused() => Volumes.Select(volume => volume.Node?.Problem).FirstOrDefault(problem => problem is LockedVolumeException);

    private ImageException? FirstProblem() => Volumes.Select(volume => volume.Node?.Problem).FirstOrDefault(problem => problem is not null);

    // What it has, or what it is a part of, is not known.
    private static bool IsUnclear(VolumeNode node) => IsUnopened(node) || node is { Format: not null, Set: null };

    private static bool IsUnopened(VolumeNode node) => node.Problem is LockedVolumeException;

    // What is known of the disk's volumes is known anew. It is always true: a volume that was tried once is no longer locked.
    private bool Unlock(VolumeNode node)
    {
        _search.Unlock(node);
        _volumeOf.Remove(node);
        _volumes = _partitions = null;
        return true;
    }

    // The volumes of this disk, and those of further disks with the name of one before theirs, each once.
    private IEnumerable<(string Part, VolumeNode Node)> WalkAll() => Root.Walk().Select(node => (PartOf(node), node))
        .Concat(_others.SelectMany(other => other.Node.Walk().Select(node => (node.Entry is null ? other.Disk.Name : $"{other.Disk.Name}: {PartOf(node)}", node))))
        .DistinctBy(found => found.Item2);

    private string PartOf(VolumeNode node) => node.Entry is null ? string.Empty : VolumeOf(node).DirectoryName;

    private IEnumerable<string> SearchWarnings => _search.Warnings.Concat(_strangers);

    private string[] UseDoubt => Use.Doubt is { } doubt ? [doubt] : [];

    private static IEnumerable<string> Doubts(IEnumerable<Volume> volumes)
    {
        foreach (Volume volume in volumes)
        {
            if (volume.Rival is { } rival)
            {
                string name = volume.Entry is null ? "the image" : volume.DirectoryName;
                yield return $"{name} may be of type {volume.Candidates[0].Type} or {rival.Type}, of which one is left from before: the first is taken, -o {volume.OptionFor(rival)} shows the other";
            }
        }
    }

    private static IEnumerable<string> Cuts(IEnumerable<Volume> volumes) =>
        from volume in volumes
        where volume.IsCut
        select $"partition {volume.Partition!.Number} has {volume.Partition.Length} bytes, the image only {volume.Source.Length} of them: it is cut short, and what lies beyond cannot be read";

    // What is left of a file system in front of a partition table counts for nothing.
    private Volume RecogniseWhole()
    {
        Volume whole = Volume.Recognise(null, Source, _formats);
        if (whole.Problem is not null || whole.Candidates.Any(candidate => candidate.Format is not null))
        {
            return whole;
        }

        if (IsDivided)
        {
            return whole with { Candidates = [.. whole.Candidates.Where(candidate => candidate.Foreign is { SharesDiscs: true } or { IsRaidOfDisks: true })] };
        }

        return whole.Candidates.Count > 0 ? whole : whole with { Candidates = Recogniser.RecogniseDamaged(Source) };
    }

    private Volume[] FindVolumes()
    {
        if (!IsDivided)
        {
            return [];
        }

        if (_root.Problem is { } problem)
        {
            throw problem;
        }

        Volume[] found = [.. Root.Walk().Where(node => node.Entry is not null && node.Set is null).Select(VolumeOf)];
        if (found.Length == 0 && _root.Problem is { } unassembled)
        {
            throw unassembled;
        }

        return [.. Volume.JoinSets(found, FindElsewhere()).Select(AddDataDevices)];
    }

    // Nothing on further disks is looked at for a file system that lies on one.
    private Volume Join(Volume whole) =>
        AddDataDevices(_others.Length > 0 && whole.SetId is not null ? Volume.JoinSets([whole], FindElsewhere()).Single() : whole);

    // The first further disk is the first device, whatever is on it; what was not given may be beside the image.
    private Volume AddDataDevices(Volume volume) => volume.DataDevices is { Count: > 0 } devices
        ? volume with { Sources = [volume.Source, .. devices.Select((name, number) => number < _others.Length ? _others[number].Disk.Source : FindBeside(name))] }
        : volume;

    private BlockSource FindBeside(string name)
    {
        try
        {
            return name.Length > 0 && _context.Image is { } image ? image.OpenBeside(name, "device").Source : new MemorySource(ReadOnlyMemory<byte>.Empty);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The format tells that it is missing.
            return new MemorySource(ReadOnlyMemory<byte>.Empty);
        }
    }

    private IEnumerable<Volume> FindElsewhere()
    {
        _search.Run();
        return _others.SelectMany(other => other.Node.Walk()).Where(node => node.Set is null).Select(VolumeOf);
    }
}

/// <summary>A further disk, where volumes of another may have members.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Source">Its bytes.</param>
/// <param name="IsRequired">Whether it is an error if it has none.</param>
public readonly record struct FurtherDisk(string Name, BlockSource Source, bool IsRequired = false);
