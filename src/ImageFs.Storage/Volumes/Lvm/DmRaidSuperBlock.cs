using System.Buffers.Binary;
using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>What the volume of metadata beside an image of an array says: dm_raid_superblock in dm-raid.c. It has no checksum.</summary>
internal sealed class DmRaidSuperBlock
{
    private const int Size = 512;
    private const uint Magic = 0x64526D44;
    private const int SectorSize = 512;
    private const int CompatibleOffset = 4;
    private const int EventsOffset = 16;
    private const int FailedOffset = 24;
    private const int RecoveryOffset = 32;
    private const int ResyncOffset = 40;
    private const int LevelOffset = 48;
    private const int LayoutOffset = 52;
    private const int ChunkOffset = 56;
    private const int FlagsOffset = 60;
    private const int DataOffsetOffset = 96;
    private const int MoreFailedOffset = 120;
    private const int IncompatibleOffset = 144;
    private const uint IsExtended = 1;
    private const uint IsReshaping = 1;

    private readonly byte[] _bytes;

    private DmRaidSuperBlock(byte[] bytes) => _bytes = bytes;

    /// <summary>How often the array's state has changed: the highest is the freshest.</summary>
    public ulong Events => Number64(EventsOffset);

    /// <summary>Bytes of the image that are in sync.</summary>
    public long InSyncLength => Length(RecoveryOffset);

    /// <summary>Whether parity, or copies, were not all made yet.</summary>
    public bool IsResyncing => Length(ResyncOffset) != long.MaxValue;

    /// <summary>Where data begins in each image.</summary>
    public long DataOffset => Extended ? Length(DataOffsetOffset) : 0;

    private bool Extended => (Number32(CompatibleOffset) & IsExtended) != 0;

    /// <summary>Reads it; null when there is none, as of an image that was never used.</summary>
    /// <param name="metadata">The volume.</param>
    public static DmRaidSuperBlock? Read(BlockSource metadata)
    {
        if (metadata is ErrorSource || metadata.Length < Size)
        {
            return null;
        }

        byte[] bytes = new byte[Size];
        metadata.ReadAt(0, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic ? new DmRaidSuperBlock(bytes) : null;
    }

    /// <summary>Whether the array has gone on without a member.</summary>
    public bool HasFailed(int member)
    {
        ulong word = member < 64 ? Number64(FailedOffset) : Extended && member < 256 ? Number64(MoreFailedOffset + ((member / 64) - 1) * sizeof(ulong)) : 0;
        return (word >> (member % 64) & 1) != 0;
    }

    /// <summary>Compares it with what the volume group says of the array.</summary>
    /// <exception cref="UnsupportedFeatureException">The array is changing its shape, or has features that are not known.</exception>
    public void Verify(RaidGeometry geometry, ConfigurationSection section)
    {
        if (Number32(CompatibleOffset) > IsExtended || (Extended && Number32(IncompatibleOffset) != 0))
        {
            throw new UnsupportedFeatureException($"features of dm-raid 0x{Number32(CompatibleOffset):X} and 0x{Number32(IncompatibleOffset):X}");
        }

        if (Extended && (Number32(FlagsOffset) & IsReshaping) != 0)
        {
            throw new UnsupportedFeatureException("an LVM array that is changing its shape (where it is active it goes on until it is done)");
        }

        bool hasParity = geometry.Level is RaidLevel.Raid5 or RaidLevel.Raid6;
        if (hasParity && (Number32(LevelOffset) != (uint)geometry.Level || Number32(LayoutOffset) != (uint)geometry.Layout || Number32(ChunkOffset) != geometry.ChunkLength / SectorSize))
        {
            throw new UnsupportedFeatureException(
                $"an LVM array that is to change from level {Number32(LevelOffset)}, layout {Number32(LayoutOffset)} and stripes of {Number32(ChunkOffset)} sectors to {section.FindText("type")}");
        }
    }

    private uint Number32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong Number64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));

    // Sectors; MaxSector stands for all.
    private long Length(int offset) => Number64(offset) is <= long.MaxValue / SectorSize and var sectors ? (long)sectors * SectorSize : long.MaxValue;
}
