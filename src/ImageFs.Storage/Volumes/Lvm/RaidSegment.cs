using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>
/// Segments of the types "raid0" to "raid10": an array of md over hidden volumes, an image for each member, and beside it mostly one of
/// metadata (lib/raid/raid.c, dm-raid.c).
/// </summary>
internal static class RaidSegment
{
    private const int SectorSize = 512;
    private const int AlternateZones = 2;
    private const string MetadataName = "_rmeta_";

    // raid_types in dm-raid.c; RAID 4 is RAID 5 with its parity on the first member.
    private static readonly Dictionary<string, (RaidLevel Level, int Layout, int Parities)> s_types = new(StringComparer.Ordinal)
    {
        ["raid0"] = (RaidLevel.Raid0, AlternateZones, 0),
        ["raid0_meta"] = (RaidLevel.Raid0, AlternateZones, 0),
        ["raid1"] = (RaidLevel.Raid1, 0, 0),
        ["raid4"] = Parity(RaidLevel.Raid5, ParityAlgorithm.Parity0),
        ["raid5"] = Parity(RaidLevel.Raid5, ParityAlgorithm.LeftSymmetric),
        ["raid5_n"] = Parity(RaidLevel.Raid5, ParityAlgorithm.ParityN),
        ["raid5_ls"] = Parity(RaidLevel.Raid5, ParityAlgorithm.LeftSymmetric),
        ["raid5_rs"] = Parity(RaidLevel.Raid5, ParityAlgorithm.RightSymmetric),
        ["raid5_la"] = Parity(RaidLevel.Raid5, ParityAlgorithm.LeftAsymmetric),
        ["raid5_ra"] = Parity(RaidLevel.Raid5, ParityAlgorithm.RightAsymmetric),
        ["raid6"] = Parity(RaidLevel.Raid6, ParityAlgorithm.RotatingZeroRestart),
        ["raid6_zr"] = Parity(RaidLevel.Raid6, ParityAlgorithm.RotatingZeroRestart),
        ["raid6_nr"] = Parity(RaidLevel.Raid6, ParityAlgorithm.RotatingNRestart),
        ["raid6_nc"] = Parity(RaidLevel.Raid6, ParityAlgorithm.RotatingNContinue),
        ["raid6_n_6"] = Parity(RaidLevel.Raid6, ParityAlgorithm.ParityN),
        ["raid6_ls_6"] = Parity(RaidLevel.Raid6, ParityAlgorithm.LeftSymmetric6),
        ["raid6_rs_6"] = Parity(RaidLevel.Raid6, ParityAlgorithm.RightSymmetric6),
        ["raid6_la_6"] = Parity(RaidLevel.Raid6, ParityAlgorithm.LeftAsymmetric6),
        ["raid6_ra_6"] = Parity(RaidLevel.Raid6, ParityAlgorithm.RightAsymmetric6),
        ["raid10"] = (RaidLevel.Raid10, RaidGeometry.Raid10Layout(near: 2), 0),
        ["raid10_near"] = (RaidLevel.Raid10, RaidGeometry.Raid10Layout(near: 2), 0),
    };

    /// <summary>The types, by LVM's words.</summary>
    public static IEnumerable<string> Types => s_types.Keys;

    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        (RaidLevel level, int layout, int parities) = s_types[segment.Type];
        ConfigurationSection section = segment.Section;
        List<(string? Metadata, string Image)> names = NamesOf(segment);
        int copies = level switch
        {
            RaidLevel.Raid1 => names.Count,
            RaidLevel.Raid10 => (int)Math.Max(2, section.FindNumber("data_copies") is null ? 2 : section.Number("data_copies", names.Count)),
            _ => 1,
        };
        long shares = level == RaidLevel.Raid10 ? names.Count : Math.Max(1, (names.Count / copies) - parities);
        if (names.Count <= parities || segment.Length * (level == RaidLevel.Raid10 ? copies : 1) % shares != 0)
        {
            throw section.Wrong($"{segment.Length} bytes cannot be spread over {names.Count} images");
        }

        var geometry = new RaidGeometry(level, names.Count)
        {
            ChunkLength = level == RaidLevel.Raid1 ? 0 : section.Number("stripe_size", uint.MaxValue) * SectorSize,
            Layout = level == RaidLevel.Raid10 ? RaidGeometry.Raid10Layout(near: copies) : layout,
            MemberLength = segment.Length * (level == RaidLevel.Raid10 ? copies : 1) / shares,
        };
        if (geometry.FindProblem() is { } problem)
        {
            throw section.Wrong(problem);
        }

        BlockSource array = geometry.Open(MembersOf(segment, volumes, geometry, names));
        return array.Length >= segment.Length
            ? array.Length == segment.Length ? array : new BlockSlice(array, 0, segment.Length)
            : throw section.Wrong($"its array has {array.Length} bytes, and it {segment.Length}");
    }

    private static (RaidLevel Level, int Layout, int Parities) Parity(RaidLevel level, ParityAlgorithm algorithm) => (level, (int)algorithm, level == RaidLevel.Raid6 ? 2 : 1);

    // Names of images, or of metadata and image by turns.
    private static List<(string? Metadata, string Image)> NamesOf(Segment segment)
    {
        ConfigurationSection section = segment.Section;
        string key = segment.Type == "raid0" ? "raid0_lvs" : "raids";
        IReadOnlyList<string> all = section.Texts(key);
        var names = new List<(string? Metadata, string Image)>();
        for (int i = 0; i < all.Count; i++)
        {
            bool isMetadata = all[i].Contains(MetadataName, StringComparison.Ordinal);
            if (isMetadata && i + 1 == all.Count)
            {
                throw section.Wrong(key, "ends with a volume of metadata");
            }

            names.Add(isMetadata ? (all[i], all[++i]) : (null, all[i]));
        }

        long count = section.FindNumber("device_count") ?? section.FindNumber("stripe_count") ?? names.Count;
        return names.Count > 0 && names.Count == count ? names : throw section.Wrong(key, $"has {names.Count} images instead of {count}");
    }

    private static List<RaidMember> MembersOf(Segment segment, LogicalVolumes volumes, RaidGeometry geometry, List<(string? Metadata, string Image)> names)
    {
        DmRaidSuperBlock?[] blocks = [.. names.Select(name => name.Metadata is { } metadata && volumes.OpenIfThere(metadata, segment.Section) is { } source ? DmRaidSuperBlock.Read(source) : null)];
        DmRaidSuperBlock? freshest = blocks.MaxBy(block => block?.Events ?? 0);
        freshest?.Verify(geometry, segment.Section);
        var members = new List<RaidMember>();
        for (int i = 0; i < names.Count; i++)
        {
            // An image in whose place LVM has put an error segment is lost.
            BlockSource? image = volumes.OpenIfThere(names[i].Image, segment.Section);
            image = image is ErrorSource ? null : image;
            bool isNew = volumes.Find(names[i].Image, segment.Section).Status.Contains("REBUILD");
            long inSync = isNew || freshest?.HasFailed(i) == true ? 0
                : blocks[i] is { } block ? block.InSyncLength
                : freshest is not null && image is not null && names[i].Metadata is not null && volumes.OpenIfThere(names[i].Metadata!, segment.Section) is not null ? 0
                : long.MaxValue;
            if (image is not null && geometry.Level != RaidLevel.Raid0 && inSync == 0)
            {
                volumes.Context.Warn($"{volumes.Group.Name}/{names[i].Image} is out of date: the other images of its array are used");
            }

            if (image is not null && freshest?.DataOffset is > 0 and var start && geometry.Level is not (RaidLevel.Raid0 or RaidLevel.Raid1))
            {
                image = start <= image.Length ? new BlockSlice(image, start, image.Length - start) : throw segment.Section.Wrong($"data of {names[i].Image} begins beyond its end");
            }

            members.Add(new RaidMember(names[i].Image, image, geometry.MemberLength) { InSyncLength = geometry.Level == RaidLevel.Raid0 ? long.MaxValue : inSync });
        }

        if (freshest is { IsResyncing: true } && geometry.Level is RaidLevel.Raid5 or RaidLevel.Raid6 && members.Exists(member => member.Source is null || member.InSyncLength == 0))
        {
            volumes.Context.Warn($"{volumes.Group.Name}: parity of {names[0].Image} and the others was not all computed: what comes from it may be wrong");
        }

        return members;
    }
}
