namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>What a block group is for, and how it lies on devices (BTRFS_BLOCK_GROUP_*).</summary>
[Flags]
internal enum BlockGroupFlags : ulong
{
    None = 0,
    Data = 0x1,
    System = 0x2,
    Metadata = 0x4,
    Raid0 = 0x8,
    Raid1 = 0x10,
    Dup = 0x20,
    Raid10 = 0x40,
    Raid5 = 0x80,
    Raid6 = 0x100,
    Raid1C3 = 0x200,
    Raid1C4 = 0x400,
}
