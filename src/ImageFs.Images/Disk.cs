using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Volumes;

namespace ImageFs.Images;

/// <summary>A disk and what it is divided into.</summary>
public sealed class Disk
{
    private readonly SectorSizes _sectors;
    private readonly List<string> _tableWarnings = [];
    private PartitionTable? _table;
    private ImageException? _tableProblem;
    private bool _hasReadTable;
    private Volume? _whole;
    private Volume[]? _volumes;
    private DiskUse? _use;

    /// <summary>Finds out what a disk is divided into.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="container">What they are kept in; null when they lie there as they are.</param>
    /// <param name="sectors">What is known of its sectors.</param>
    public Disk(BlockSource source, Container? container, SectorSizes? sectors = null)
    {
        _sectors = (sectors ?? new SectorSizes()) with { IsVolume = Recogniser.IsVolume };
        Source = source;
        Container = container;
    }

    /// <summary>Its bytes.</summary>
    public BlockSource Source { get; }

    /// <summary>What it is kept in; null when its bytes are the image's own.</summary>
    public Container? Container { get; }

    /// <summary>The disk as one volume: an image of a file system has no partitions.</summary>
    public Volume Whole => _whole ??= RecogniseWhole();

    /// <summary>Where the file system of the whole begins: at 0, or at a disc's last session.</summary>
    public long Start => (Source as Disc)?.Sessions.Default ?? 0;

    /// <summary>Whether there is anything in it that could be shown.</summary>
    public bool IsImage => Container is not null || Whole.Format is not null || UsableTable is not null;

    /// <summary>Whether it has a partition table, a damaged one too. Of a disc, its tracks.</summary>
    public bool HasTable => UsableTable is not null || _tableProblem is not null;

    /// <summary>The partition table; null when there is none, or it is damaged past use.</summary>
    public PartitionTable? UsableTable => ReadTable();

    /// <summary>The partition table; null when there is none. Of a disc, its tracks.</summary>
    /// <exception cref="ImageException">It is damaged past use.</exception>
    public PartitionTable? Table => UsableTable is null && _tableProblem is { } problem ? throw problem : UsableTable;

    /// <summary>The partitions, and what is on each; those that only hold others are left out.</summary>
    /// <exception cref="ImageException">The table is damaged past use.</exception>
    public IReadOnlyList<Volume> Volumes => _volumes ??=
    [
        .. from partition in Table?.Partitions ?? []
           where !partition.IsContainer
           select Volume.Recognise(partition, Open(partition)),
    ];

    /// <summary>What can be checked of the partition table.</summary>
    public IEnumerable<Check> TableChecks => Source is Disc ? [] : PartitionChecks.Of(Source, _sectors);

    /// <summary>What is used of the disk if nothing is chosen: the whole, or the partitions.</summary>
    public DiskUse Use => _use ??= DiskUse.Judge(this);

    /// <summary>The volumes that a choice selects.</summary>
    /// <param name="choice">What was chosen.</param>
    /// <param name="formats">The formats that were chosen; empty for what there is.</param>
    /// <exception cref="OptionException">Nothing fits what was chosen, or several volumes do.</exception>
    /// <exception cref="ImageException">The table is damaged past use.</exception>
    public Selection Select(VolumeChoice choice, IReadOnlyList<FileSystemFormat> formats)
    {
        if (choice.IsMade)
        {
            Volume chosen = Choose(choice);
            return new Selection([chosen]) { Format = FormatOf(chosen, formats), Warnings = [.. _tableWarnings, .. Cuts([chosen]), .. formats.Count == 0 ? Doubts([chosen]) : []] };
        }

        if (formats.Count > 0)
        {
            return new Selection([Whole]) { Format = FormatOf(Whole, formats) };
        }

        if (Use.IsWhole)
        {
            return new Selection([Whole]) { Warnings = [.. UseDoubt, .. Doubts([Whole])], LeftOut = Use.LeftOut };
        }

        Volume[] shown = [.. Volumes.Where(volume => volume.Format is not null)];
        return new Selection(shown)
        {
            Warnings = [.. _tableWarnings, .. UseDoubt, .. Cuts(Volumes), .. Doubts(shown)],
            LeftOut = [.. Volumes.Except(shown).Where(volume => !ReservedPartitions.IsReserved(volume)).Select(volume => new LeftOut(volume))],
        };
    }

    /// <summary>As <see cref="Select"/>; a table that is damaged past use, which others tell of, leaves the whole.</summary>
    public Selection SelectUsable(VolumeChoice choice, IReadOnlyList<FileSystemFormat> formats)
    {
        try
        {
            return Select(choice, formats);
        }
        catch (ImageException) when (!choice.IsMade)
        {
            return new Selection([Whole]) { Format = FormatOf(Whole, formats) };
        }
    }

    /// <summary>The single volume that a choice selects.</summary>
    /// <exception cref="OptionException">None is, or several are.</exception>
    public Volume Choose(VolumeChoice choice)
    {
        IReadOnlyList<Volume> candidates = Volumes.Count > 0 ? Volumes : [Whole];
        Volume[] matches = [.. candidates.Where(choice.Matches)];
        return matches.Length == 1
            ? matches[0]
            : throw new OptionException(
                choice.ToString(),
                $"{(matches.Length == 0 ? "no volume matches" : $"{matches.Length} volumes match")}; there are {string.Join(", ", candidates.Select(volume => volume.DirectoryName))}");
    }

    private static FileSystemFormat? FormatOf(Volume volume, IReadOnlyList<FileSystemFormat> formats) =>
        volume.Candidates.Select(candidate => candidate.Format).FirstOrDefault(format => format is not null && formats.Contains(format)) ?? (formats is [var first, ..] ? first : null);

    private string[] UseDoubt => Use.Doubt is { } doubt ? [doubt] : [];

    private static IEnumerable<string> Doubts(IEnumerable<Volume> volumes) =>
        from volume in volumes
        where volume.Rival is not null
        let name = volume.Partition is null ? "the image" : volume.DirectoryName
        select $"{name} may be of type {volume.Candidates[0].Type} or {volume.Rival!.Type}, of which one is left from before: the first is taken, -o {volume.OptionFor(volume.Rival)} shows the other";

    private static IEnumerable<string> Cuts(IEnumerable<Volume> volumes) =>
        from volume in volumes
        where volume.IsCut
        select $"partition {volume.Partition!.Number} has {volume.Partition.Length} bytes, the image only {volume.Source.Length} of them: it is cut short, and what lies beyond cannot be read";

    // What is left of a file system in front of a partition table counts for nothing.
    private Volume RecogniseWhole()
    {
        Volume whole = Volume.Recognise(null, Source);
        if (whole.Problem is not null || whole.Candidates.Any(candidate => candidate.Format is not null))
        {
            return whole;
        }

        if (HasTable)
        {
            return whole with { Candidates = [.. whole.Candidates.Where(candidate => candidate.Foreign!.Type is "hfs" or "hfsplus")] };
        }

        return whole.Candidates.Count > 0 ? whole : whole with { Candidates = Recogniser.RecogniseDamaged(Source) };
    }

    private PartitionTable? ReadTable()
    {
        if (!_hasReadTable)
        {
            _hasReadTable = true;
            try
            {
                _table = (Source as Disc)?.TrackTable ?? PartitionTable.Read(Source, _sectors, _tableWarnings.Add);
            }
            catch (ImageException e)
            {
                _tableProblem = e;
            }
        }

        return _table;
    }

    private BlockSource Open(Partition partition)
    {
        if (partition.Session is not null && Source is Disc disc)
        {
            return disc.OpenTrack(partition.Number);
        }

        // What the image does not have is cut off, so that its end is where reading ends.
        long start = Math.Min(partition.Start, Source.Length);
        return new BlockSlice(Source, start, Math.Min(partition.Length, Source.Length - start));
    }
}
