using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>h_blocktype (ext4: Journal (jbd2), Block Header).</summary>
internal enum JournalBlockType : uint
{
    Descriptor = 1,
    Commit = 2,
    SuperBlockV1 = 3,
    SuperBlockV2 = 4,
    Revoke = 5,
}

/// <summary>A block of a journal that is no copy of a block of the file system (ext4: Journal (jbd2), Block Header). Big-endian.</summary>
internal readonly ref struct JournalBlock
{
    /// <summary>h_magic of every one.</summary>
    public const uint MagicNumber = 0xC03B3998;

    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 12;

    /// <summary>Bytes of the checksum at the end of a descriptor or revocation block.</summary>
    public const int TailSize = 4;

    private const int CommitChecksumOffset = 0x10;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole block.</param>
    public JournalBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, JournalSuperBlock.Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>h_magic.</summary>
    public uint Magic => UInt32(0x0);

    /// <summary>h_blocktype.</summary>
    public JournalBlockType Type => (JournalBlockType)UInt32(0x4);

    /// <summary>h_sequence: the transaction that it belongs to.</summary>
    public uint Sequence => UInt32(0x8);

    /// <summary>h_chksum_type of a commit block: 1 is CRC-32.</summary>
    public byte CommitChecksumType => _bytes[0xC];

    /// <summary>h_chksum_size of a commit block.</summary>
    public byte CommitChecksumSize => _bytes[0xD];

    /// <summary>h_chksum of a commit block.</summary>
    public uint CommitChecksum => UInt32(CommitChecksumOffset);

    /// <summary>h_commit_sec of a commit block.</summary>
    public ulong CommitSeconds => BinaryPrimitives.ReadUInt64BigEndian(_bytes[0x30..]);

    /// <summary>r_count of a revocation block: bytes in use.</summary>
    public uint RevokeLength => UInt32(0xC);

    /// <summary>Whether the tail has the checksum of all before it.</summary>
    public bool IsTailGood(uint seed) =>
        UInt32(_bytes.Length - TailSize) == Crc32C.AppendWithout(seed, _bytes, _bytes.Length - TailSize, TailSize);

    /// <summary>Whether a commit block has its own checksum.</summary>
    public bool IsCommitGood(uint seed) => CommitChecksum == Crc32C.AppendWithout(seed, _bytes, CommitChecksumOffset, sizeof(uint));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);
}

/// <summary>s_feature_incompat of a journal (ext4: Journal (jbd2), Super Block).</summary>
[Flags]
internal enum JournalIncompatibleFeatures : uint
{
    None = 0,
    Revoke = 0x1,
    Bits64 = 0x2,
    AsyncCommit = 0x4,
    ChecksumV2 = 0x8,
    ChecksumV3 = 0x10,
    FastCommit = 0x20,
}

/// <summary>The super block of a journal (ext4: Journal (jbd2), Super Block). Big-endian.</summary>
internal readonly ref struct JournalSuperBlock
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = 1024;

    private const uint DefaultFastCommitBlocks = 256;
    private const uint CompatibleChecksum = 1;
    private const int ChecksumOffset = 0xFC;

    private readonly ReadOnlySpan<byte> _bytes;

    public JournalSuperBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes[..Size];
    }

    /// <summary>Whether it is one.</summary>
    public bool IsGood =>
        UInt32(0x0) == JournalBlock.MagicNumber && Type is JournalBlockType.SuperBlockV1 or JournalBlockType.SuperBlockV2;

    /// <summary>s_blocksize.</summary>
    public uint BlockSize => UInt32(0xC);

    /// <summary>s_maxlen: blocks in the journal.</summary>
    public uint MaxLength => UInt32(0x10);

    /// <summary>s_first: the first block of the log.</summary>
    public uint First => UInt32(0x14);

    /// <summary>s_sequence: the first transaction that is expected in the log.</summary>
    public uint Sequence => UInt32(0x18);

    /// <summary>s_start: where the log begins; 0 when it is empty.</summary>
    public uint Start => UInt32(0x1C);

    /// <summary>s_feature_incompat.</summary>
    public JournalIncompatibleFeatures Incompatible => IsV2 ? (JournalIncompatibleFeatures)UInt32(0x28) : 0;

    /// <summary>s_feature_ro_compat: none is known.</summary>
    public uint ReadOnlyCompatible => IsV2 ? UInt32(0x2C) : 0;

    /// <summary>Whether commit blocks have a CRC-32 of their transaction.</summary>
    public bool HasTransactionChecksums => IsV2 && (UInt32(0x24) & CompatibleChecksum) != 0;

    /// <summary>Whether the log's own blocks have CRC-32C checksums, and the tags those of the blocks that they are for.</summary>
    public bool HasBlockChecksums =>
        (Incompatible & (JournalIncompatibleFeatures.ChecksumV2 | JournalIncompatibleFeatures.ChecksumV3)) != 0;

    /// <summary>s_uuid.</summary>
    public ReadOnlySpan<byte> Uuid => _bytes.Slice(0x30, 16);

    /// <summary>s_num_fc_blks: blocks at the end for fast commits.</summary>
    public uint FastCommitBlocks => UInt32(0x54) is 0 ? DefaultFastCommitBlocks : UInt32(0x54);

    /// <summary>Whether s_checksum is right, or there is none.</summary>
    public bool IsChecksumGood =>
        !HasBlockChecksums || UInt32(ChecksumOffset) == Crc32C.AppendWithout(Crc32C.Initial, _bytes, ChecksumOffset, sizeof(uint));

    private JournalBlockType Type => (JournalBlockType)UInt32(0x4);

    private bool IsV2 => Type == JournalBlockType.SuperBlockV2;

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);
}

/// <summary>
/// A tag of a descriptor block: which block of the file system a block of the log is for (ext4: Journal (jbd2), Descriptor Block).
/// </summary>
internal readonly ref struct JournalTag
{
    private const int UuidSize = 16;
    private const int FlagEscape = 1;
    private const int FlagSameUuid = 2;
    private const int FlagLast = 8;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly JournalIncompatibleFeatures _features;

    /// <param name="bytes">The tag; what follows it does no harm.</param>
    /// <param name="features">Features of the journal, which decide on the tag's form.</param>
    public JournalTag(ReadOnlySpan<byte> bytes, JournalIncompatibleFeatures features)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, SizeOf(features), nameof(bytes));
        _bytes = bytes;
        _features = features;
    }

    /// <summary>t_blocknr.</summary>
    public ulong Block =>
        BinaryPrimitives.ReadUInt32BigEndian(_bytes)
        | (_features.HasFlag(JournalIncompatibleFeatures.Bits64) ? (ulong)BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]) << 32 : 0);

    /// <summary>Whether the copy begins with zeros in place of the journal's magic number.</summary>
    public bool IsEscaped => (Flags & FlagEscape) != 0;

    /// <summary>Whether no tag follows in the descriptor block.</summary>
    public bool IsLast => (Flags & FlagLast) != 0;

    /// <summary>Bytes of the tag, with the UUID that may follow it.</summary>
    public int Length => SizeOf(_features) + ((Flags & FlagSameUuid) != 0 ? 0 : UuidSize);

    /// <summary>t_checksum: the CRC-32C of the copy, or its lower half.</summary>
    public uint Checksum => _features.HasFlag(JournalIncompatibleFeatures.ChecksumV3)
        ? BinaryPrimitives.ReadUInt32BigEndian(_bytes[12..])
        : BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    // In the third version flags have 32 bits, of which the lower ones are at the same place.
    private int Flags => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>Bytes of a tag without UUID.</summary>
    public static int SizeOf(JournalIncompatibleFeatures features)
    {
        if (features.HasFlag(JournalIncompatibleFeatures.ChecksumV3))
        {
            return 16;
        }

        int size = features.HasFlag(JournalIncompatibleFeatures.Bits64) ? 12 : 8;
        return features.HasFlag(JournalIncompatibleFeatures.ChecksumV2) ? size + sizeof(ushort) : size;
    }
}
