using ImageFs.FileSystems;
using ImageFs.FileSystems.Foreign;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Volumes;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>A partition of a disk or another volume that was found on it, or a disk as a whole, and what is on it.</summary>
/// <param name="Entry">What the partition table, or whatever else made the volume, says of it; null when it is the whole disk.</param>
/// <param name="Source">Its bytes.</param>
public sealed record Volume(VolumeEntry? Entry, BlockSource Source)
{
    private readonly List<string> _warnings = [];
    private FileSystem? _fileSystem;
    private ImageDescription? _description;
    private VolumeIdentity? _identity;

    /// <summary>Its entry in the partition table; null when it is another kind of volume, or the whole disk.</summary>
    public Partition? Partition => Entry as Partition;

    /// <summary>Its place among the volumes of the disk; null when it is the whole disk.</summary>
    public VolumeNode? Node { get; init; }

    /// <summary>Whether it is encrypted, and nobody has tried to open it yet.</summary>
    public bool IsLocked => Node is { IsLocked: true };

    /// <summary>What its file system lies on: its own bytes, and those of the other sources of a file system that has several.</summary>
    public IReadOnlyList<BlockSource> Sources { get; init; } = [Source];

    /// <summary>All that it may be, the likeliest first; what was there before may remain in part.</summary>
    public IReadOnlyList<Recognition> Candidates { get; init; } = [];

    /// <summary>The format of its file system; null when none is recognised, or something that is not read is likelier.</summary>
    public FileSystemFormat? Format => Best?.Format;

    /// <summary>A file system on it that is known, but cannot be read; there may be one of a Mac beside another that can.</summary>
    public ForeignFormat? Foreign =>
        Best?.Foreign ?? Candidates.Select(candidate => candidate.Foreign).FirstOrDefault(foreign => foreign is { SharesDiscs: true });

    /// <summary>Why nothing is known of it; null when something is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Why its files cannot be shown; null when they can, as far as is known.</summary>
    public string? Obstacle => Problem ?? (Format is not null || Node?.Set is not null ? null : IsUnknown ? "no known file system" : Best!.Foreign!.Problem);

    /// <summary>The type of its file system, as blkid has it; null when there is none: a format may read several types.</summary>
    public string? Type => Node?.Format?.Name ?? UnopenedMember?.Format!.Name ?? Identity?.Type;

    /// <summary>Whether nothing on it is known, or only that it is no volume.</summary>
    public bool IsUnknown => Best is null or { Foreign.Kind: ForeignKind.NoImage };

    /// <summary>The file system's label; empty when it has none.</summary>
    public string Label => Node?.Member?.Label ?? UnopenedMember?.Member!.Label ?? Identity?.Label ?? string.Empty;

    /// <summary>The file system's UUID as blkid forms it; empty when it has none.</summary>
    public string Uuid => Node?.Member?.Uuid ?? UnopenedMember?.Member!.Uuid ?? Identity?.Uuid ?? string.Empty;

    /// <summary>The name of its directory where several are shown: number and label.</summary>
    public string DirectoryName
    {
        get
        {
            string label = new[] { Entry?.Name, Label, Type, "unknown" }.First(name => !string.IsNullOrEmpty(name))!;
            return $"{Number}-{label.Replace('/', Entry is not null && Partition is null ? '-' : '_').Replace('\0', '_')}";
        }
    }

    // What is inside an encrypted volume stands in its place.
    private int Number
    {
        get
        {
            VolumeNode? node = Node;
            while (node is { Entry.IsEncrypted: true, Origins: [{ Entry: not null } origin] })
            {
                node = origin;
            }

            return (node?.Entry ?? Entry)?.Number ?? 0;
        }
    }

    /// <summary>Whether nothing of it is known, because it is encrypted and not opened: type, label and UUID are those of what it lies on.</summary>
    public bool IsUnopened => UnopenedMember is not null;

    // Of what cannot be opened nothing is known but what it lies on.
    private VolumeNode? UnopenedMember => Node is { Problem: not null, Entry: not (null or Storage.Volumes.Partition), Origins: [{ Member: not null } member, ..] } ? member : null;

    /// <summary>Whether the image ends before it does.</summary>
    public bool IsCut => Partition is { Session: null } && Source.Length < Partition.Length;

    /// <summary>
    /// What else it may be, with equally good reason; null when nothing: what was written over is not, nor the other
    /// file system of a bridge disc.
    /// </summary>
    public Recognition? Rival =>
        Best is null ? null : Candidates.Skip(1).FirstOrDefault(other => other.IsReadable && !Recogniser.IsBridge(Best, other));

    /// <summary>What the sources of its file system have in common, where that may lie on several; null where it does not.</summary>
    internal string? SetId => Problem is null ? Format?.FindSet(Source) : null;

    /// <summary>The further sources of its file system that have data alone, by the files that they may be in (<see cref="FileSystemFormat.FindDataDevices"/>).</summary>
    internal IReadOnlyList<string> DataDevices
    {
        get
        {
            try
            {
                return Problem is null && Format is { } format ? format.FindDataDevices(Source) : [];
            }
            catch (ImageException)
            {
                // Opening it says what is wrong.
                return [];
            }
        }
    }

    // What tells it from others, read without opening it. What is damaged so that it says nothing of itself has its format's name at least.
    private VolumeIdentity? Identity
    {
        get
        {
            Recognition? shown = Format is null ? Candidates.FirstOrDefault(candidate => candidate.Foreign == Foreign) : Best;
            if (_identity is null && !IsUnknown && shown is not null)
            {
                try
                {
                    _identity = shown.Identity;
                }
                catch (Exception e) when (e is ImageException or LinuxException)
                {
                    _identity = new VolumeIdentity(shown.Type);
                }
            }

            return _identity;
        }
    }

    private Recognition? Best => Candidates.Count > 0 ? Candidates[0] : null;

    /// <summary>Recognises what is on a volume that was found on a disk.</summary>
    /// <param name="node">The volume.</param>
    /// <param name="formats">The file systems that are read; null for all of the program.</param>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static Volume Recognise(VolumeNode node, IReadOnlyList<FileSystemFormat>? formats) => node switch
    {
        { Problem: { } problem } => new Volume(node.Entry, node.Source) { Node = node, Problem = problem.Message },
        { Set: not null } => new Volume(node.Entry, node.Source) { Node = node },
        _ => Recognise(node.Entry, node.Source, formats) with { Node = node },
    };

    /// <summary>Recognises what is on a partition or a disk.</summary>
    /// <param name="entry">Its entry in the partition table; null when it is the whole disk.</param>
    /// <param name="source">Its bytes.</param>
    /// <param name="formats">The file systems that are read; null for all of the program.</param>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static Volume Recognise(VolumeEntry? entry, BlockSource source, IReadOnlyList<FileSystemFormat>? formats = null)
    {
        try
        {
            IReadOnlyList<Recognition> candidates = Recogniser.Recognise(source, formats);
            return new Volume(entry, source)
            {
                Candidates = entry is null || candidates.Any(candidate => candidate.Foreign is not { Kind: ForeignKind.NoImage })
                    ? candidates
                    : [.. Recogniser.RecogniseDamaged(source), .. candidates],
            };
        }
        catch (ImageException e)
        {
            return new Volume(entry, source) { Problem = e.Message };
        }
    }

    /// <summary>Of a file system that lies on several sources makes one volume, in the place of the first.</summary>
    /// <param name="found">The volumes of a disk: sources of each other, those that one grew from too.</param>
    /// <param name="elsewhere">
    /// Those of further disks: they are sources of these, and not shown themselves. Those of the same format and another set come last: they may
    /// be what a file system grew from, or tell that the wrong disk was given.
    /// </param>
    internal static IEnumerable<Volume> JoinSets(IReadOnlyList<Volume> found, IEnumerable<Volume> elsewhere)
    {
        // The identifiers are read, each once.
        (Volume Volume, string? Id)[] own = [.. found.Select(volume => (volume, volume.SetId))];
        var joined = new HashSet<(FileSystemFormat Format, string Id)>();
        (Volume Volume, string? Id)[]? further = null;
        (Volume Volume, string? Id)[]? seeds = null;
        ILookup<(FileSystemFormat? Format, string? Id), Volume>? sets = null;
        foreach ((Volume volume, string? id) in own)
        {
            if (id is null)
            {
                yield return volume;
            }
            else if (joined.Add((volume.Format!, id)))
            {
                further ??= [.. elsewhere.Select(other => (other, other.SetId))];
                sets ??= own.Concat(further).Where(member => member.Id is not null).ToLookup(member => (member.Volume.Format, member.Id), member => member.Volume);
                IEnumerable<Volume> strangers = volume.Format!.GrowsFromOthers
                    ? (seeds ??= [.. own.Where(IsSeed), .. further]).Where(IsStranger).Select(other => other.Volume)
                    : [];
                yield return volume with { Sources = [.. sets[(volume.Format, id)].Concat(strangers).Select(member => member.Source)] };

                static bool IsSeed((Volume Volume, string? Id) other) => other.Id is not null && other.Volume.Format!.IsSeed(other.Volume.Source);
                bool IsStranger((Volume Volume, string? Id) other) => other.Volume.Format == volume.Format && other.Id is not null && other.Id != id;
            }
        }
    }

    /// <summary>Whether another volume may be a source of its file system, or one that it grew from.</summary>
    internal bool IsJoinedBy(Volume other) =>
        SetId is { } id && other.Format == Format && other.SetId is { } otherId && (otherId == id || Format!.GrowsFromOthers);

    /// <summary>Whether something is true of it, or of a volume that it is made of.</summary>
    internal bool LiesOn(Func<VolumeEntry, bool> condition) => (Entry is not null && condition(Entry)) || (Node?.LiesOn(condition) ?? false);

    /// <summary>The mount options that show a candidate: <c>part=2,fs=iso9660</c>.</summary>
    public string OptionFor(Recognition candidate) => Entry is null ? $"fs={candidate.Type}" : $"part={Entry.Key},fs={candidate.Type}";

    /// <summary>
    /// Opens the file system, once: what is told of it comes from there, and when that was asked for first it is opened anew only if there
    /// are options.
    /// </summary>
    /// <param name="context">What it is opened with; when it cannot be opened, what else is there is told, too.</param>
    /// <param name="format">Its format when that is not to be the one recognised.</param>
    /// <exception cref="ImageException">It cannot be opened.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public FileSystem Open(OpenContext context, FileSystemFormat? format = null)
    {
        if (_fileSystem is null || format is not null || context.Options.Names.Any())
        {
            OpenContext own = IsCut ? context with { Warn = VolumeLength.ExceptCut(context.Warn) } : context;
            try
            {
                return _fileSystem = (format ?? Format)!.Open(Sources, own);
            }
            catch (ImageException) when (OtherThan(format ?? Format) is { } other)
            {
                context.Warn($"there is also a file system of type {other.Type} here: -o {OptionFor(other)} reads it");
                throw;
            }
        }

        _warnings.ForEach(context.Warn);
        return _fileSystem;
    }

    /// <summary>What <c>imagefs info</c> says of the file system; null when there is none, or it cannot be opened.</summary>
    public ImageDescription? Describe()
    {
        if (_description is null && Format is not null && Problem is null)
        {
            try
            {
                _description = (_fileSystem ?? Open(OpenContext.Of(null, _warnings.Add))).Describe();
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                Problem = OtherThan(Format) is { } other ? $"{e.Message}; -o {OptionFor(other)} reads the other file system here" : e.Message;
            }
        }

        return _description;
    }

    /// <summary>A file system on it that can be read, and is not of a certain format; null when there is none.</summary>
    public Recognition? OtherThan(FileSystemFormat? format) =>
        Candidates.FirstOrDefault(other => other.Format is not null && other.Format != format && other.Weight.Evidence == Evidence.Structures);
}
