using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>A super block (xfs_dsb): the first sector of each allocation group has one, and that of the first group counts.</summary>
internal readonly ref struct SuperBlock
{
    /// <summary>Bytes of its fields, with those of the newest features.</summary>
    public const int Size = 304;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_dsb";

    /// <summary>sb_magicnum: "XFSB".</summary>
    public const uint MagicNumber = 0x58465342;

    /// <summary>The smallest and the largest sectors.</summary>
    public const int MinSectorSize = 512;

    /// <inheritdoc cref="MinSectorSize"/>
    public const int MaxSectorSize = 32 * 1024;

    private const int UuidLength = 16;
    private const int ChecksumOffset = 224;
    private const int VersionMask = 0xF;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The fields at least; the whole sector where the checksum is asked for.</param>
    public SuperBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>sb_magicnum.</summary>
    public uint Magic => UInt32(0);

    /// <summary>sb_blocksize, in bytes.</summary>
    public uint BlockSize => UInt32(4);

    /// <summary>sb_dblocks: blocks of the data device.</summary>
    public ulong DataBlocks => UInt64(8);

    /// <summary>sb_rblocks: blocks of the real-time device.</summary>
    public ulong RealTimeBlocks => UInt64(16);

    /// <summary>sb_uuid.</summary>
    public ReadOnlySpan<byte> Uuid => _bytes.Slice(32, UuidLength);

    /// <summary>sb_logstart: the first block of the log; 0 when it is on another device.</summary>
    public ulong LogStart => UInt64(48);

    /// <summary>sb_rootino.</summary>
    public ulong RootInode => UInt64(56);

    /// <summary>sb_rbmino.</summary>
    public ulong RealTimeBitmapInode => UInt64(64);

    /// <summary>sb_rsumino.</summary>
    public ulong RealTimeSummaryInode => UInt64(72);

    /// <summary>sb_rextsize, in blocks.</summary>
    public uint RealTimeExtentSize => UInt32(80);

    /// <summary>sb_agblocks: blocks of an allocation group.</summary>
    public uint GroupBlocks => UInt32(84);

    /// <summary>sb_agcount.</summary>
    public uint GroupCount => UInt32(88);

    /// <summary>sb_logblocks.</summary>
    public uint LogBlocks => UInt32(96);

    /// <summary>The number in sb_versionnum: 4 or 5.</summary>
    public int Version => UInt16(100) & VersionMask;

    /// <summary>The flags in sb_versionnum.</summary>
    public VersionFlags VersionFlags => (VersionFlags)(UInt16(100) & ~VersionMask);

    /// <summary>sb_sectsize, in bytes.</summary>
    public ushort SectorSize => UInt16(102);

    /// <summary>sb_inodesize, in bytes.</summary>
    public ushort InodeSize => UInt16(104);

    /// <summary>sb_inopblock: inodes in a block.</summary>
    public ushort InodesPerBlock => UInt16(106);

    /// <summary>sb_fname: the label, without what fills it up.</summary>
    public ReadOnlySpan<byte> Label
    {
        get
        {
            ReadOnlySpan<byte> label = _bytes.Slice(108, 12);
            int end = label.IndexOf((byte)0);
            return end < 0 ? label : label[..end];
        }
    }

    /// <summary>sb_blocklog.</summary>
    public byte BlockLog => _bytes[120];

    /// <summary>sb_sectlog.</summary>
    public byte SectorLog => _bytes[121];

    /// <summary>sb_inodelog.</summary>
    public byte InodeLog => _bytes[122];

    /// <summary>sb_inopblog.</summary>
    public byte InodesPerBlockLog => _bytes[123];

    /// <summary>sb_agblklog: bits that a block in a group takes in a block number.</summary>
    public byte GroupBlocksLog => _bytes[124];

    /// <summary>sb_inprogress: mkfs or xfs_copy did not come to its end.</summary>
    public byte InProgress => _bytes[126];

    /// <summary>sb_imax_pct: the part of the space that inodes may take.</summary>
    public byte MaxInodePercent => _bytes[127];

    /// <summary>sb_icount: inodes that there are.</summary>
    public ulong Inodes => UInt64(128);

    /// <summary>sb_ifree.</summary>
    public ulong FreeInodes => UInt64(136);

    /// <summary>sb_fdblocks: free blocks.</summary>
    public ulong FreeBlocks => UInt64(144);

    /// <summary>sb_frextents: free extents of the real-time device.</summary>
    public ulong FreeRealTimeExtents => UInt64(152);

    /// <summary>sb_uquotino.</summary>
    public ulong UserQuotaInode => UInt64(160);

    /// <summary>sb_gquotino.</summary>
    public ulong GroupQuotaInode => UInt64(168);

    /// <summary>sb_qflags.</summary>
    public ushort QuotaFlags => UInt16(176);

    /// <summary>sb_inoalignmt: the blocks that chunks of inodes are aligned to.</summary>
    public uint InodeAlignment => UInt32(180);

    /// <summary>sb_unit: blocks of a stripe unit.</summary>
    public uint StripeUnit => UInt32(184);

    /// <summary>sb_width: blocks of a stripe.</summary>
    public uint StripeWidth => UInt32(188);

    /// <summary>sb_dirblklog: a directory block has 2^this blocks.</summary>
    public byte DirectoryBlockLog => _bytes[192];

    /// <summary>sb_logsectsize, in bytes; 0 for 512.</summary>
    public ushort LogSectorSize => UInt16(194);

    /// <summary>sb_logsunit: the stripe unit of the log in bytes; 0 or 1 for none.</summary>
    public uint LogStripeUnit => UInt32(196);

    /// <summary>sb_features2.</summary>
    public Features2 Features2 => (Features2)UInt32(200);

    /// <summary>sb_features_compat.</summary>
    public uint Compatible => UInt32(208);

    /// <summary>sb_features_ro_compat.</summary>
    public ReadOnlyCompatibleFeatures ReadOnlyCompatible => (ReadOnlyCompatibleFeatures)UInt32(212);

    /// <summary>sb_features_incompat.</summary>
    public IncompatibleFeatures Incompatible => (IncompatibleFeatures)UInt32(216);

    /// <summary>sb_features_log_incompat.</summary>
    public uint LogIncompatible => UInt32(220);

    /// <summary>sb_crc.</summary>
    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[ChecksumOffset..]);

    /// <summary>What <see cref="Checksum"/> has to be: over the whole sector.</summary>
    public uint ActualChecksum => ~Crc32C.AppendWithout(Crc32C.Initial, _bytes[..Math.Min((int)SectorSize, _bytes.Length)], ChecksumOffset, sizeof(uint));

    /// <summary>sb_spino_align: the blocks that sparse chunks of inodes are aligned to.</summary>
    public uint SparseInodeAlignment => UInt32(228);

    /// <summary>sb_pquotino.</summary>
    public ulong ProjectQuotaInode => UInt64(232);

    /// <summary>sb_meta_uuid.</summary>
    public ReadOnlySpan<byte> MetaUuid => _bytes.Slice(248, UuidLength);

    /// <summary>The UUID that metadata have: of an image whose own UUID was changed, the one that it was made with.</summary>
    public ReadOnlySpan<byte> UuidOfMetadata => Version == 5 && Incompatible.HasFlag(IncompatibleFeatures.MetaUuid) ? MetaUuid : Uuid;

    /// <summary>sb_metadirino.</summary>
    public ulong MetadataDirectory => UInt64(264);

    /// <summary>Whether it has the magic number, and sizes that agree with their logarithms: more than a mark that is left over.</summary>
    public bool HasGoodSizes =>
        Magic == MagicNumber && BlockLog < 32 && BlockSize == 1u << BlockLog && SectorLog < 16 && SectorSize == 1 << SectorLog
        && InodeLog < 16 && InodeSize == 1 << InodeLog;

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_bytes[offset..]);
}
