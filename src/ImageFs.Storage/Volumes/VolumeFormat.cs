using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Volumes;

/// <summary>
/// A kind of volumes: what divides a disk, as a partition table or the tracks of a disc do, or what is put together from parts of others,
/// as a logical volume, an array or the inside of an encrypted volume is. It says which sources are its members, and assembles volumes.
/// </summary>
public abstract class VolumeFormat : Format
{
    /// <summary>Whether it divides disks. It is not asked of what is a part of a divided disk: boot sectors look like tables.</summary>
    public virtual bool DividesDisks => false;

    /// <summary>What a source is to this format, by its own marks; null when it is no member.</summary>
    /// <param name="source">A disk, or a volume found on one.</param>
    /// <param name="sectors">What is known of the sectors of the disk.</param>
    /// <param name="context">What is opened with it.</param>
    /// <exception cref="ImageException">It is a member, but damaged past use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context);

    /// <summary>
    /// Whether the members found so far are all that their set has. One that is not complete is assembled when no further member can be
    /// found.
    /// </summary>
    /// <param name="members">Members of one set, in the order in which they were found; at least one.</param>
    public virtual bool IsComplete(IReadOnlyList<VolumeMember> members) => true;

    /// <summary>Whether a member that does not know its set, but that it is in one (<see cref="VolumeMember.SetId"/> is empty), is of a certain set.</summary>
    /// <param name="stray">The member.</param>
    /// <param name="members">Members of one set; at least one.</param>
    public virtual bool IsOf(VolumeMember stray, IReadOnlyList<VolumeMember> members) => false;

    /// <summary>Assembles the volumes of one set. A volume that lacks a member or a key fails when it is opened, not here.</summary>
    /// <param name="members">Members of one set, in the order in which they were found; at least one. Some may be missing, or there twice.</param>
    /// <param name="context">What is opened with it.</param>
    /// <exception cref="ImageException">Nothing can be said of the set's volumes.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context);

    /// <summary>What can be checked of this format's structures on a member, a damaged one too.</summary>
    /// <param name="source">The member.</param>
    /// <param name="sectors">What is known of the sectors of the disk.</param>
    public virtual IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors) => [];
}

/// <summary>A source that volumes are made of. A format derives from it what it has read already.</summary>
/// <param name="Source">The source.</param>
/// <param name="SetId">What the members of one set have in common: the UUID of a volume group or an array; null when it is all of its set, empty when only other members know.</param>
public record VolumeMember(BlockSource Source, string? SetId)
{
    /// <summary>The member's own UUID, as blkid forms it; empty when it has none.</summary>
    public string Uuid { get; init; } = string.Empty;

    /// <summary>The label, as blkid has it; empty when it has none.</summary>
    public string Label { get; init; } = string.Empty;

    /// <summary>What it is in its set, for people: "data 2 of 3"; empty when there is nothing to tell.</summary>
    public string Role { get; init; } = string.Empty;
}

/// <summary>The volumes that a format makes of the members of one set.</summary>
/// <param name="Kind">Its kind, by blkid's word: "dos", "gpt".</param>
/// <param name="Id">Its identifier: the PTUUID of a table, the UUID of a volume group or an array; empty when it has none.</param>
public abstract record VolumeSet(string Kind, string Id)
{
    /// <summary>The volumes, in the order of their numbers.</summary>
    public abstract IReadOnlyList<VolumeEntry> Entries { get; }

    /// <summary>Members that were not found, each as a person may look for it; volumes that do not need them can be opened.</summary>
    public virtual IReadOnlyList<string> Missing => [];

    /// <summary>What a set says of itself for <c>imagefs info</c>, besides its volumes; null when that is all.</summary>
    public virtual ImageDescription? Describe() => null;

    /// <summary>What can be checked of all members together, besides what <see cref="VolumeFormat.ChecksOf"/> checks of each.</summary>
    public virtual IEnumerable<Check> Checks => [];

    /// <summary>Opens one of the volumes; where it is encrypted, the key comes from the context.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <param name="context">What is opened with it.</param>
    /// <exception cref="LockedVolumeException">There is no key, or a wrong one.</exception>
    /// <exception cref="ImageException">A member that it needs is missing, or the format does not read it.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract BlockSource Open(VolumeEntry entry, OpenContext context);
}

/// <summary>One volume of a set: a partition, a logical volume, an array, the inside of an encrypted volume.</summary>
/// <param name="Number">Its number in the set, from 1.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Type">What the set says that it is, or is for: "linear", the type of a partition; empty when it says nothing.</param>
public record VolumeEntry(int Number, long Length, string Type)
{
    /// <summary>lsblk's word for what it is: "part", "lvm", "crypt", "raid1".</summary>
    public string Kind { get; init; } = "part";

    /// <summary>Its name, with that of the set before it where a person says both: "vg/root"; empty when it has none.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Its own identifier, as blkid forms it (of a partition, the PARTUUID); empty when it has none.</summary>
    public string Uuid { get; init; } = string.Empty;

    /// <summary>Whether it is encrypted: it cannot be opened without a key, and is not before one is wanted of what lies on it.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Whether it only holds others: the extended partition of an MBR.</summary>
    public bool IsContainer { get; init; }

    /// <summary>What <c>part=</c> calls it.</summary>
    public virtual string Key => Name;

    /// <summary>Whether a value of <c>part=</c> means it.</summary>
    public virtual bool IsNamed(string value) => Name.Length > 0 && Name == value;
}
