using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Volumes;

namespace ImageFs;

/// <summary>A disk and what it is divided into.</summary>
internal sealed class Disk
{
    private readonly Action<string> _warn;
    private readonly SectorSizes _sectors;
    private PartitionTable? _table;
    private bool _hasReadTable;
    private Volume? _whole;
    private Volume[]? _volumes;

    /// <summary>Looks at a disk.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="container">What they are kept in; null when they lie there as they are.</param>
    /// <param name="warn">Hears of what is wrong but harmless.</param>
    /// <param name="sectors">What is known of its sectors.</param>
    internal Disk(BlockSource source, Container? container, Action<string> warn, SectorSizes? sectors = null)
    {
        _sectors = (sectors ?? new SectorSizes()) with { IsVolume = IsVolume };
        Source = source;
        Container = container;
        _warn = warn;
    }

    /// <summary>Its bytes.</summary>
    internal BlockSource Source { get; }

    /// <summary>What it is kept in; null when its bytes are the image's own.</summary>
    internal Container? Container { get; }

    /// <summary>The disk as one volume: an image of a file system has no partitions.</summary>
    internal Volume Whole => _whole ??= RecogniseWhole();

    /// <summary>Where the file system of the whole begins: at 0, or at a disc's last session.</summary>
    internal long Start => (Source as Disc)?.Sessions.Default ?? 0;

    /// <summary>The partition table; null when there is none. Of a disc, its tracks.</summary>
    /// <exception cref="ImageException">It is damaged past use.</exception>
    internal PartitionTable? Table
    {
        get
        {
            if (!_hasReadTable)
            {
                _table = (Source as Disc)?.TrackTable ?? PartitionTable.Read(Source, _sectors, _warn);
                _hasReadTable = true;
            }

            return _table;
        }
    }

    /// <summary>The partitions, and what is on each; those that only hold others are left out.</summary>
    /// <exception cref="ImageException">The table is damaged past use.</exception>
    internal IReadOnlyList<Volume> Volumes => _volumes ??=
    [
        .. from partition in Table?.Partitions ?? []
           where !partition.IsContainer
           select Volume.Recognise(partition, Open(partition)),
    ];

    /// <summary>What can be checked of the partition table.</summary>
    internal IEnumerable<Check> TableChecks => Source is Disc ? [] : PartitionChecks.Of(Source, _sectors);

    /// <summary>The one volume that is meant.</summary>
    /// <exception cref="MountOptionException">None is, or several are.</exception>
    internal Volume Choose(VolumeChoice choice)
    {
        IReadOnlyList<Volume> candidates = Volumes.Count > 0 ? Volumes : [Whole];
        Volume[] matches = [.. candidates.Where(choice.Matches)];
        return matches.Length == 1
            ? matches[0]
            : throw new MountOptionException(
                choice.ToString(),
                $"{(matches.Length == 0 ? "no volume is" : $"{matches.Length} volumes are")} like that; there are {string.Join(", ", candidates.Select(volume => volume.DirectoryName))}");
    }

    // What is left of a file system in front of a partition table counts for nothing.
    private Volume RecogniseWhole()
    {
        Volume whole = Volume.Recognise(null, Source);
        if (whole is not { Format: null, Problem: null } || !HasNoTable())
        {
            return whole;
        }

        return ForeignFileSystem.RecogniseMark(Source) is { } foreign
            ? whole with { Foreign = foreign }
            : whole with { Format = FileSystemFormats.RecogniseDamaged(Source) };
    }

    private static bool IsVolume(BlockSource part) =>
        FileSystemFormats.Recognise(part) is not null || ForeignFileSystem.RecogniseMark(part) is not null || ForeignFileSystem.Recognise(part) is not null;

    private bool HasNoTable()
    {
        try
        {
            return Table is null;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    private BlockSource Open(Partition partition) => partition.Session is not null && Source is Disc disc
        ? disc.OpenTrack(partition.Number)
        : new BlockSlice(Source, partition.Start, partition.Length);
}
