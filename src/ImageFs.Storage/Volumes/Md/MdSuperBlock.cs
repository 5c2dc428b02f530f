using System.Buffers.Binary;
using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Md;

/// <summary>What the super block of a member says, of any version (md_p.h).</summary>
/// <param name="Version">Its version in mdadm's words: "0.90", "1.2".</param>
/// <param name="Address">Where it is on the member.</param>
internal sealed record MdSuperBlock(string Version, long Address)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "md_p.h";

    /// <summary>Bytes of it that are read; there are more in no version.</summary>
    public const int Size = 4096;

    /// <summary>MD_SB_MAGIC: what it begins with.</summary>
    public const uint Magic = 0xA92B4EFC;

    /// <summary>Numbers count sectors of this size.</summary>
    public const int SectorSize = 512;

    /// <summary>set_uuid: what the members of an array have in common; the first byte is the highest.</summary>
    public required UInt128 Uuid { get; init; }

    /// <summary>set_name, or for version 0.90 the device that it is to be: "host:home", "md0"; empty when it has none.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>ctime: when the array was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>utime: when the super block was written.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>level: one of <see cref="RaidLevel"/>, or another one.</summary>
    public required int Level { get; init; }

    /// <summary>layout; of RAID 0 it is 0 when it means nothing.</summary>
    public required int Layout { get; init; }

    /// <summary>Bytes of a chunk.</summary>
    public required long ChunkLength { get; init; }

    /// <summary>Bytes that are used of each member; of RAID 0 and linear it means nothing.</summary>
    public required long MemberLength { get; init; }

    /// <summary>raid_disks: members that work together, without spares.</summary>
    public required int MemberCount { get; init; }

    /// <summary>events: how often the array's state was written down.</summary>
    public required ulong Events { get; init; }

    /// <summary>Bytes of each member, from its start on, of which copies and parity are right; all where the array was stopped cleanly.</summary>
    public required long CleanLength { get; init; }

    /// <summary>What it has that needs to be known.</summary>
    public MdFeatures Features { get; init; }

    /// <summary>Where the member's data begins.</summary>
    public long DataOffset { get; init; }

    /// <summary>Bytes of data that the member has.</summary>
    public required long DataLength { get; init; }

    /// <summary>dev_number: the member's number among all that the array has had.</summary>
    public required int DeviceNumber { get; init; }

    /// <summary>device_uuid; null where there is none.</summary>
    public UInt128? DeviceUuid { get; init; }

    /// <summary>dev_roles: the role of each member by its number.</summary>
    public required IReadOnlyList<int> Roles { get; init; }

    /// <summary>Bytes of data from the start on that are rebuilt; all where it is not being rebuilt.</summary>
    public long RebuiltLength { get; init; } = long.MaxValue;

    /// <summary>What the member cannot give, in its data.</summary>
    public IReadOnlyList<(long Start, long Length)> BadRanges { get; init; } = [];

    /// <summary>The member's role, by its own account.</summary>
    public int Role => RoleOf(DeviceNumber);

    /// <summary>Whether the array was stopped cleanly.</summary>
    public bool IsClean => CleanLength == long.MaxValue;

    /// <summary>The UUID as mdadm writes it.</summary>
    public string UuidText => TextOf(Uuid);

    /// <summary>The array's name without that of the host where it is at home. One that is a number is that of a device: "md9".</summary>
    public string ShortName
    {
        get
        {
            string name = Name[(Name.IndexOf(':', StringComparison.Ordinal) + 1)..];
            return name.Length > 0 && name.All(char.IsAsciiDigit) ? $"md{name}" : name;
        }
    }

    /// <summary>What a person calls the array.</summary>
    public string ArrayName => ShortName.Length > 0 ? $"the array {ShortName}" : $"the array {UuidText}";

    /// <summary>lsblk's word for the level.</summary>
    public string LevelName => Level switch { (int)RaidLevel.Linear => "linear", -4 => "multipath", -5 => "faulty", -10 => "container", _ => $"raid{Level}" };

    /// <summary>How the array lies on its members.</summary>
    public RaidGeometry Geometry => new((RaidLevel)Level, MemberCount) { Layout = Layout, ChunkLength = ChunkLength, MemberLength = MemberLength };

    /// <summary>The role of a member by its number; a spare where nothing is said of it.</summary>
    public int RoleOf(int deviceNumber) => deviceNumber >= 0 && deviceNumber < Roles.Count ? Roles[deviceNumber] : MdRole.Spare;

    /// <summary>A UUID as mdadm writes it: four groups of eight digits.</summary>
    public static string TextOf(UInt128 uuid)
    {
        string digits = uuid.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
        return $"{digits[..8]}:{digits[8..16]}:{digits[16..24]}:{digits[24..]}";
    }

    /// <summary>A UUID as blkid writes it.</summary>
    public static string BlkidTextOf(UInt128 uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, uuid);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Bytes of a number of sectors.</summary>
    /// <exception cref="InvalidImageException">They are more than a file can have.</exception>
    internal static long Bytes(ulong sectors, long address, string field) => sectors <= long.MaxValue / SectorSize
        ? (long)sectors * SectorSize
        : throw new InvalidImageException("md super block", address, $"{field} is {sectors} sectors", Clause);
}

/// <summary>Roles of members that have no place in the array; those that have are numbers from 0 on.</summary>
internal static class MdRole
{
    /// <summary>It waits to take the place of another one.</summary>
    public const int Spare = -1;

    /// <summary>It failed, or was never there.</summary>
    public const int Faulty = -2;

    /// <summary>It has the journal.</summary>
    public const int Journal = -3;

    /// <summary>mdadm's words for a role.</summary>
    public static string NameOf(int role, int memberCount) => role switch
    {
        Spare => "spare",
        Faulty => "faulty",
        Journal => "journal",
        _ => $"member {role} of {memberCount}",
    };
}

/// <summary>feature_map: the MD_FEATURE_ bits.</summary>
[Flags]
internal enum MdFeatures : uint
{
    /// <summary>There is a bitmap of what is being written.</summary>
    BitmapOffset = 1,

    /// <summary>The member is being rebuilt.</summary>
    RecoveryOffset = 2,

    /// <summary>The array is changing its shape.</summary>
    ReshapeActive = 4,

    /// <summary>There is a log of bad blocks.</summary>
    BadBlocks = 8,

    /// <summary>The member is taking the place of another one that still works.</summary>
    Replacement = 16,

    /// <summary>The shape changes from the end on.</summary>
    ReshapeBackwards = 32,

    /// <summary>Where data begins changes too.</summary>
    NewOffset = 64,

    /// <summary>The member is being rebuilt by the bitmap.</summary>
    RecoveryBitmap = 128,

    /// <summary>Several machines have it.</summary>
    Clustered = 256,

    /// <summary>There is a journal on a device of its own.</summary>
    Journal = 512,

    /// <summary>There is a log of partial parity.</summary>
    PartialParityLog = 1024,

    /// <summary>There are several of them.</summary>
    SeveralPartialParityLogs = 2048,

    /// <summary>The layout of RAID 0 means something.</summary>
    Raid0Layout = 4096,

    /// <summary>All that are known.</summary>
    All = 8191,
}
