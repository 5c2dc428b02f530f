using System.Globalization;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Md;

/// <summary>An array: one volume.</summary>
internal sealed record MdSet : VolumeSet
{
    private readonly MdArray _array;
    private readonly RaidMember[] _members;
    private readonly ImageException? _problem;

    /// <summary>Makes the set.</summary>
    /// <param name="array">Which members work together.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    public MdSet(MdArray array, Action<string> warn)
        : base("linux_raid_member", array.Super.UuidText)
    {
        _array = array;
        _members = array.ToMembers();
        _problem = FindProblem();
        Entries = array.Places.All(member => member is null) && array.Places.Count > 0
            ? []
            : [new MdEntry(_problem is null ? Geometry.LengthWith(_members) : 0, Super) { Kind = Super.LevelName, Name = Super.ShortName }];
        if (_problem is null)
        {
            WarnOf(warn);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<VolumeEntry> Entries { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Missing => [.. _array.Missing.Select(_array.NameOf)];

    private MdSuperBlock Super => _array.Super;

    private RaidGeometry Geometry => Super.Geometry;

    // mdadm's words for the state of an array.
    private string State
    {
        get
        {
            int missing = _array.Missing.Count();
            int rebuilt = _array.Places.Count(member => member is { Super.RebuiltLength: < long.MaxValue });
            return string.Join(", ", new[]
            {
                Super.IsClean ? "clean" : "active",
                missing > Geometry.Redundancy && !HasCopies ? "FAILED" : missing + rebuilt > 0 ? "degraded" : string.Empty,
                rebuilt > 0 ? "recovering" : string.Empty,
            }.Where(word => word.Length > 0));
        }
    }

    // Of RAID 10 more members may be missing than copies, as long as each chunk has one.
    private bool HasCopies => Geometry.Level == RaidLevel.Raid10 && Geometry.HasAll(_members);

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        ImageDescription description = new ImageDescription("md")
            .With("version", Super.Version)
            .With("level", Super.LevelName)
            .With("name", Super.Name)
            .With("uuid", Super.UuidText)
            .With("created", Super.Created)
            .With("updated", Super.Updated)
            .With("state", _array.HasKnownLevel ? State : null)
            .With("raid-devices", (long)Super.MemberCount)
            .With("layout", Geometry.LayoutName)
            .With("chunk-size", Super.ChunkLength > 0 ? Super.ChunkLength : null)
            .With("events", (long)Math.Min(Super.Events, long.MaxValue));
        for (int place = 0; place < _array.Places.Count; place++)
        {
            description.With($"member-{place.ToString(CultureInfo.InvariantCulture)}", _array.Places[place] is { } member ? Describe(member) : "missing");
        }

        foreach ((MdMember member, int role) in _array.Others)
        {
            description.With(KeyOf(member), role >= 0 ? $"takes the place of {MdRole.NameOf(role, Super.MemberCount)}" : MdRole.NameOf(role, Super.MemberCount));
        }

        foreach ((MdMember member, string reason) in _array.LeftOut)
        {
            description.With(KeyOf(member), $"left out: {reason}");
        }

        return description.With("unknown", _problem?.Message);
    }

    /// <inheritdoc/>
    public override BlockSource Open(VolumeEntry entry, OpenContext context) => _problem is null ? Geometry.Open(_members) : throw _problem;

    /// <inheritdoc/>
    public override IEnumerable<Check> Checks
    {
        get
        {
            if (_problem is null && Geometry.Redundancy > 0)
            {
                yield return RaidComparison.Of(Geometry, _members, Super.CleanLength);
            }
        }
    }

    private static string KeyOf(MdMember member) => $"device-{member.Super.DeviceNumber.ToString(CultureInfo.InvariantCulture)}";

    private static string Describe(MdMember member) =>
        $"{(member.Super.RebuiltLength < long.MaxValue ? $"rebuilt up to {ByteSize.Text(member.Super.RebuiltLength)}" : "in sync")}, {member.Text}{(member.Super.BadRanges.Count > 0 ? ", has bad blocks" : string.Empty)}";

    private void WarnOf(Action<string> warn)
    {
        int[] missing = [.. _array.Missing];
        if (missing.Length > Geometry.Redundancy && !HasCopies && Geometry.Redundancy > 0)
        {
            warn($"{Super.ArrayName} lacks {missing.Length} of its {Super.MemberCount} members ({string.Join(", ", missing)}): what lies on them cannot be read (-o device=FILE names the image of one)");
        }
        else if (missing.Length > 0 && !Super.IsClean && Geometry.Level is RaidLevel.Raid4 or RaidLevel.Raid5 or RaidLevel.Raid6)
        {
            warn($"{Super.ArrayName} was not stopped cleanly and lacks a member: what is put together from parity may be wrong where it was written last");
        }

        foreach (MdMember? member in _array.Places)
        {
            if (member is not null && member.Data.Length < Math.Min(member.Super.DataLength, Math.Max(Super.MemberLength, 1)))
            {
                warn($"{Super.ArrayName}: {member.Text} is cut short: it has {member.Data.Length} of {member.Super.DataLength} bytes of data");
            }
        }
    }

    // What can be told of the array, but not read.
    private ImageException? FindProblem()
    {
        if (!_array.HasKnownLevel)
        {
            return new UnsupportedFeatureException($"a Linux RAID of level {Super.LevelName}", MdSuperBlock.Clause);
        }

        if ((Super.Features & ~MdFeatures.All) != 0)
        {
            return new UnsupportedFeatureException($"a Linux RAID with the unknown features 0x{(uint)(Super.Features & ~MdFeatures.All):X}", MdSuperBlock.Clause);
        }

        if (Super.Features.HasFlag(MdFeatures.ReshapeActive))
        {
            return new UnsupportedFeatureException("a Linux RAID that is changing its shape (mdadm --assemble lets it end)", MdSuperBlock.Clause);
        }

        if (Super.Features.HasFlag(MdFeatures.Journal))
        {
            return new UnsupportedFeatureException("a Linux RAID with a write journal (mdadm --assemble --readonly shows it)", MdSuperBlock.Clause);
        }

        if ((Super.Features & (MdFeatures.PartialParityLog | MdFeatures.SeveralPartialParityLogs)) != 0 && !Super.IsClean && _array.Missing.Any())
        {
            return new UnsupportedFeatureException("a Linux RAID that lacks a member, was not stopped cleanly, and has a log of partial parity (PPL)", MdSuperBlock.Clause);
        }

        if (Geometry.Level >= RaidLevel.Raid1 && _array.Places.FirstOrDefault(member => member is not null && member.Super.DataLength < Super.MemberLength) is { } small)
        {
            return new InvalidImageException("md super block", small.Super.Address, $"{small.Text} has {small.Super.DataLength} bytes of data, and the array uses {Super.MemberLength} of each", MdSuperBlock.Clause);
        }

        return FindLengthProblem();
    }

    private InvalidImageException? FindLengthProblem()
    {
        try
        {
            Geometry.LengthWith(_members);
            return null;
        }
        catch (OverflowException)
        {
            return new InvalidImageException("md super block", Super.Address, "the array is longer than a file can be", MdSuperBlock.Clause);
        }
    }
}

/// <summary>The volume that an array is.</summary>
/// <param name="Length">Length in bytes; 0 where it cannot be known.</param>
/// <param name="Super">The newest super block.</param>
internal sealed record MdEntry(long Length, MdSuperBlock Super) : VolumeEntry(1, Length, string.Empty)
{
    /// <inheritdoc/>
    public override string Key => Name.Length > 0 ? Name : Super.UuidText;

    /// <inheritdoc/>
    public override bool IsNamed(string value) =>
        value.Length > 0 && (value == Name || value == Super.Name || value == Super.UuidText || value == $"md/{Name}");
}
