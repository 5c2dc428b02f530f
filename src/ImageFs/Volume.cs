using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs;

/// <summary>A partition of a disk, or a disk without any, and what is on it.</summary>
/// <param name="Partition">Its entry in the partition table; null when it is the whole disk.</param>
/// <param name="Source">Its bytes.</param>
internal sealed record Volume(Partition? Partition, BlockSource Source)
{
    private readonly List<string> _warnings = [];
    private FileSystem? _fileSystem;
    private ImageDescription? _description;

    /// <summary>The format of its file system; null when none is recognised.</summary>
    internal FileSystemFormat? Format { get; init; }

    /// <summary>Why nothing can be said of it; null when something can.</summary>
    internal string? Problem { get; private set; }

    /// <summary>The type of its file system, as blkid has it; null when there is none: a format may read several types.</summary>
    internal string? Type => Describe()?.Kind ?? Format?.Name ?? Foreign?.Type;

    /// <summary>The file system's label; empty when it has none.</summary>
    internal string Label => Format is null ? Foreign?.Label ?? string.Empty : Fact("label");

    /// <summary>The file system's UUID as blkid forms it; empty when it has none.</summary>
    internal string Uuid => Fact("uuid");

    /// <summary>The name of its directory where several are shown: number and label.</summary>
    internal string DirectoryName
    {
        get
        {
            string label = new[] { Partition?.Name, Label, Type, "unknown" }.First(name => !string.IsNullOrEmpty(name))!;
            return $"{Partition?.Number ?? 0}-{label.Replace('/', '_').Replace('\0', '_')}";
        }
    }

    /// <summary>A file system on it that is known, but cannot be read; there may be one beside another that can.</summary>
    internal ForeignFileSystem? Foreign { get; init; }

    /// <summary>Recognises what is on a partition or a disk.</summary>
    /// <exception cref="LinuxException">The device failed.</exception>
    internal static Volume Recognise(Partition? partition, BlockSource source)
    {
        try
        {
            FileSystemFormat? format = FileSystemFormats.Recognise(source);
            ForeignFileSystem? foreign = ForeignFileSystem.Recognise(source);
            if (partition is not null && format is null)
            {
                foreign ??= ForeignFileSystem.RecogniseMark(source);
            }

            return new Volume(partition, source)
            {
                Format = partition is null || foreign is not null ? format : format ?? FileSystemFormats.RecogniseDamaged(source),
                Foreign = foreign,
            };
        }
        catch (ImageException e)
        {
            return new Volume(partition, source) { Problem = e.Message };
        }
    }

    /// <summary>
    /// Opens the file system, once: what is told of it comes from there, and when that was asked for first it is opened anew only if there
    /// are options.
    /// </summary>
    /// <param name="options">Mount options.</param>
    /// <param name="warn">Hears of what is wrong but harmless.</param>
    /// <param name="format">Its format when that is not to be the one recognised.</param>
    /// <exception cref="ImageException">It cannot be opened.</exception>
    /// <exception cref="MountOptionException">An option's value is no good.</exception>
    internal FileSystem Open(MountOptions options, Action<string> warn, FileSystemFormat? format = null)
    {
        if (_fileSystem is null || format is not null || options.Names.Any())
        {
            return _fileSystem = (format ?? Format)!.Open(Source, options, warn);
        }

        _warnings.ForEach(warn);
        return _fileSystem;
    }

    /// <summary>What <c>imagefs info</c> tells of the file system; null when there is none, or it cannot be opened.</summary>
    internal ImageDescription? Describe()
    {
        if (_description is null && Format is not null && Problem is null)
        {
            try
            {
                _description = (_fileSystem ?? Open(MountOptions.Parse(null), _warnings.Add)).Describe();
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                Problem = e.Message;
            }
        }

        return _description;
    }

    private string Fact(string key) => Describe()?.Find(key) as string ?? string.Empty;
}
