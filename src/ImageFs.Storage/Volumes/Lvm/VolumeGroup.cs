using System.Globalization;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>A volume group, as its text describes it (lib/format_text). Lengths are bytes.</summary>
internal sealed class VolumeGroup
{
    private const int SectorSize = 512;

    // Extents are counted by 32 bits, as are the sectors of one.
    private const long MaxCount = uint.MaxValue;

    private readonly Dictionary<string, PhysicalVolume> _physicalVolumes;
    private readonly Dictionary<string, LogicalVolume> _logicalVolumes;
    private readonly HashSet<string> _uuids;

    private VolumeGroup(ConfigurationSection section)
    {
        Name = section.Name;
        Uuid = section.Text("id");
        Sequence = section.Number("seqno");
        ExtentLength = section.Number("extent_size", MaxCount) * SectorSize;
        Status = section.Texts("status");
        SystemId = section.FindText("system_id") ?? string.Empty;
        LockType = section.FindText("lock_type") ?? string.Empty;
        if (ExtentLength == 0)
        {
            throw section.Wrong("extent_size", "is 0");
        }

        PhysicalVolumes = [.. (section.FindSection("physical_volumes")?.Sections ?? []).Select(ReadPhysical)];
        LogicalVolumes = [.. (section.FindSection("logical_volumes")?.Sections ?? []).Select(ReadLogical)];
        _uuids = [.. PhysicalVolumes.Select(volume => volume.Uuid)];
        _physicalVolumes = PhysicalVolumes.ToDictionary(volume => volume.Name, StringComparer.Ordinal);
        _logicalVolumes = LogicalVolumes.ToDictionary(volume => volume.Name, StringComparer.Ordinal);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its identifier.</summary>
    public string Uuid { get; }

    /// <summary>Which description of it this is: the highest counts (seqno).</summary>
    public long Sequence { get; }

    /// <summary>Bytes of an extent.</summary>
    public long ExtentLength { get; }

    /// <summary>Words like "RESIZEABLE" and "EXPORTED".</summary>
    public IReadOnlyList<string> Status { get; }

    /// <summary>The machine that it belongs to; empty when it belongs to none.</summary>
    public string SystemId { get; }

    /// <summary>Who locks it for several machines ("sanlock"); empty when nobody does.</summary>
    public string LockType { get; }

    /// <summary>Whether it was made ready to go to another machine (vgexport).</summary>
    public bool IsExported => Status.Contains("EXPORTED");

    /// <summary>Its physical volumes, in the order of the text.</summary>
    public IReadOnlyList<PhysicalVolume> PhysicalVolumes { get; }

    /// <summary>Its logical volumes, those that only others use too, in the order of the text.</summary>
    public IReadOnlyList<LogicalVolume> LogicalVolumes { get; }

    /// <summary>Reads a description.</summary>
    /// <param name="text">A text, read.</param>
    /// <exception cref="InvalidImageException">It is none of a volume group, or contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of another version.</exception>
    public static VolumeGroup Read(ConfigurationSection text)
    {
        if (text.FindText("contents") is { } contents && contents != "Text Format Volume Group")
        {
            throw text.Wrong("contents", $"is \"{contents}\"");
        }

        if (text.FindNumber("version") is { } version and not 1)
        {
            throw new UnsupportedFeatureException($"LVM metadata of version {version}");
        }

        try
        {
            return new VolumeGroup(text.Sections is [var section, ..] ? section : throw text.Wrong("it has no volume group"));
        }
        catch (OverflowException)
        {
            throw text.Wrong("a volume in it is longer than a device can be");
        }
    }

    /// <summary>A physical volume by its name in the text ("pv0"); null when there is none.</summary>
    public PhysicalVolume? FindPhysical(string name) => _physicalVolumes.GetValueOrDefault(name);

    /// <summary>Whether a physical volume of that UUID is in it.</summary>
    public bool Has(string uuid) => _uuids.Contains(uuid);

    /// <summary>A logical volume; null when there is none.</summary>
    public LogicalVolume? FindLogical(string name) => _logicalVolumes.GetValueOrDefault(name);

    private PhysicalVolume ReadPhysical(ConfigurationSection section) => new(section.Name, section.Text("id"), section.Address)
    {
        Device = section.FindText("device") ?? string.Empty,
        Status = section.Texts("status"),
        Length = section.FindNumber("dev_size") is null ? 0 : section.Number("dev_size", long.MaxValue / SectorSize) * SectorSize,
        Start = section.Number("pe_start", long.MaxValue / SectorSize) * SectorSize,
        ExtentCount = section.Number("pe_count", MaxCount),
    };

    private LogicalVolume ReadLogical(ConfigurationSection section)
    {
        Segment[] segments = [.. section.Sections.Select(ReadSegment).OrderBy(segment => segment.Start)];
        long end = 0;
        foreach (Segment segment in segments)
        {
            if (segment.Start != end)
            {
                throw section.Wrong($"its segments do not lie one after the other: {segment.Section.Name} begins at extent {segment.Start / ExtentLength}");
            }

            end += segment.Length;
        }

        return new LogicalVolume(section.Name, section.Text("id"), section)
        {
            Status = section.Texts("status"),
            Created = section.FindNumber("creation_time"),
            Segments = segments,
            Length = end,
        };
    }

    private Segment ReadSegment(ConfigurationSection section)
    {
        // Words behind the type say what a reader must know to read it (lib/format_text/flags.c).
        string[] type = (section.FindText("type") ?? "striped").Split('+');
        return new Segment(section, type[0])
        {
            Flags = type[1..],
            Start = section.Number("start_extent", MaxCount) * ExtentLength,
            Length = section.Number("extent_count", MaxCount) * ExtentLength,
        };
    }
}

/// <summary>A physical volume of a group.</summary>
/// <param name="Name">Its name in the text: "pv0".</param>
/// <param name="Uuid">Its identifier, which its label has too.</param>
/// <param name="Address">Where the text says all this, from the start of the physical volume that has the text.</param>
internal sealed record PhysicalVolume(string Name, string Uuid, long Address)
{
    /// <summary>The device that it was last seen on.</summary>
    public string Device { get; init; } = string.Empty;

    /// <summary>Words like "ALLOCATABLE" and "MISSING".</summary>
    public IReadOnlyList<string> Status { get; init; } = [];

    /// <summary>Bytes of the device; 0 when nothing is said.</summary>
    public long Length { get; init; }

    /// <summary>Where its first extent is.</summary>
    public long Start { get; init; }

    /// <summary>How many extents it has.</summary>
    public long ExtentCount { get; init; }

    /// <summary>What a person may look for it by.</summary>
    public override string ToString() => Device.Length == 0 ? $"physical volume {Uuid}" : $"physical volume {Uuid} (last seen as {Device})";
}

/// <summary>A logical volume of a group.</summary>
/// <param name="Name">Its name in the group.</param>
/// <param name="Uuid">Its identifier.</param>
/// <param name="Section">All that the text says of it.</param>
internal sealed record LogicalVolume(string Name, string Uuid, ConfigurationSection Section)
{
    /// <summary>Words like "READ" and "VISIBLE".</summary>
    public IReadOnlyList<string> Status { get; init; } = [];

    /// <summary>When it was made, in seconds since 1970; null when nothing is said.</summary>
    public long? Created { get; init; }

    /// <summary>What it is made of, one after the other.</summary>
    public IReadOnlyList<Segment> Segments { get; init; } = [];

    /// <summary>Bytes of all segments.</summary>
    public long Length { get; init; }

    /// <summary>Whether it is there for users; the others are parts of these.</summary>
    public bool IsVisible => Status.Contains("VISIBLE");
}

/// <summary>A part of a logical volume that is made in one way.</summary>
/// <param name="Section">All that the text says of it.</param>
/// <param name="Type">How it is made, by LVM's word: "striped", "raid5_ls", "thin".</param>
internal sealed record Segment(ConfigurationSection Section, string Type)
{
    /// <summary>What stands behind the type, after a '+'.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Where it begins in its volume.</summary>
    public long Start { get; init; }

    /// <summary>Its bytes.</summary>
    public long Length { get; init; }

    /// <summary>
    /// The areas that an array of names and extents lists: physical volumes, or logical ones.
    /// </summary>
    /// <param name="key">The array: "stripes", "mirrors".</param>
    /// <exception cref="InvalidImageException">It is not there, or not of this form.</exception>
    public IReadOnlyList<(string Volume, long Extent)> Areas(string key)
    {
        IReadOnlyList<ConfigurationValue> values = Section.FindList(key) ?? throw Section.Wrong(key, "is not there");
        if (values.Count == 0 || values.Count % 2 != 0)
        {
            throw Section.Wrong(key, string.Create(CultureInfo.InvariantCulture, $"has {values.Count} values, not names and extents by turns"));
        }

        var areas = new List<(string Volume, long Extent)>();
        for (int i = 0; i < values.Count; i += 2)
        {
            areas.Add(values[i].Text is { } name && values[i + 1].Number is >= 0 and <= uint.MaxValue and var extent
                ? (name, (long)extent)
                : throw Section.Wrong(key, "is not made of names and extents by turns"));
        }

        return areas;
    }
}
