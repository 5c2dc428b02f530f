using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs.Images;

/// <summary>The part of an image that mount options choose.</summary>
public sealed class VolumeChoice
{
    private readonly List<(string Option, Func<Volume, bool> Matches)> _conditions = [];
    private IReadOnlyList<FileSystemFormat> _formats = [];
    private OptionList _options = new();

    /// <summary>Nothing chosen.</summary>
    public static VolumeChoice None { get; } = new();

    /// <summary>First byte of the image that counts: <c>offset=</c> as losetup has it, <c>start=</c> for fstab.</summary>
    public long Offset { get; private init; }

    /// <summary>Bytes that count from there on: <c>sizelimit=</c>, <c>size=</c>; null for all.</summary>
    public long? SizeLimit { get; private init; }

    /// <summary>Bytes of a sector, as the partition table counts them: <c>sector-size=</c>; null to find out.</summary>
    public int? SectorSize { get; private init; }

    /// <summary>Whether a volume was chosen.</summary>
    public bool IsMade => _conditions.Count > 0;

    /// <summary>Takes the options that choose.</summary>
    /// <exception cref="OptionException">One has a value that is not valid.</exception>
    public static VolumeChoice Take(OptionList options) => Take(new OpenContext { Options = options });

    /// <summary>The same, of a context that may have formats of its own.</summary>
    /// <exception cref="OptionException">One has a value that is not valid.</exception>
    public static VolumeChoice Take(OpenContext context)
    {
        OptionList options = context.Options;
        IReadOnlyList<FileSystemFormat> formats = FileSystemFormats.Of(context);
        var choice = new VolumeChoice
        {
            Offset = options.TakeSize("offset") ?? options.TakeSize("start") ?? 0,
            SizeLimit = options.TakeSize("sizelimit") ?? options.TakeSize("size"),
            SectorSize = SectorSizes.TakeStated(options),
        };
        choice.Add(options, "part", (volume, value) => volume.LiesOn(entry => entry.IsNamed(value)));
        choice.Add(options, "label", (volume, value) => volume.Label == value || volume.LiesOn(entry => entry.Name == value));
        choice.Add(options, "uuid", (volume, value) => IsSame(volume.Uuid, value));
        choice.Add(options, "partuuid", (volume, value) => volume.LiesOn(entry => IsSame(entry.Uuid, value)));
        choice.Add(options, "type", (volume, value) => volume.LiesOn(entry => IsType(entry.Type, value)) || volume.Type == value);
        choice._formats = options.TakeValue("fs") is { } names ? [.. names.Split(',').Select(name => NamedFormat(name, formats))] : [];
        choice._options = options;
        return choice;
    }

    /// <summary>The same formats for the disk as a whole, whichever volume was chosen.</summary>
    public VolumeChoice OfWhole() => new() { _formats = _formats, _options = _options };

    /// <summary>
    /// The format that is wanted for a volume (<c>fs=</c>): of several the one that is recognised; or that of the volume whose place other
    /// options say. Null when it is left open.
    /// </summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public FileSystemFormat? FormatOf(Volume volume) =>
        _formats.Count == 0
            ? FileSystemFormats.RecogniseAt(volume.Source, _options)
            : volume.Candidates.Select(candidate => candidate.Format).FirstOrDefault(format => format is not null && _formats.Contains(format)) ?? _formats[0];

    /// <summary>Whether all conditions are met.</summary>
    public bool Matches(Volume volume) => _conditions.TrueForAll(condition => condition.Matches(volume));

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _conditions.Select(condition => condition.Option));

    private static FileSystemFormat NamedFormat(string name, IReadOnlyList<FileSystemFormat> formats) =>
        formats.FirstOrDefault(format => format.IsNamed(name))
        ?? throw new OptionException($"fs={name}", $"the formats are {string.Join(", ", formats.Select(format => format.Name))}");

    private static bool IsSame(string? identifier, string value) => string.Equals(identifier, value, StringComparison.OrdinalIgnoreCase);

    // The type of an MBR is given with or without its 0x.
    private static bool IsType(string? type, string value) => IsSame(type, value) || IsSame(type, $"0x{value}");

    private void Add(OptionList options, string name, Func<Volume, string, bool> matches)
    {
        string? value = options.TakeValue(name);
        Add(value is null ? null : $"{name}={value}", volume => matches(volume, value!));
    }

    private void Add(string? option, Func<Volume, bool> matches)
    {
        if (option is not null)
        {
            _conditions.Add((option, matches));
        }
    }
}
