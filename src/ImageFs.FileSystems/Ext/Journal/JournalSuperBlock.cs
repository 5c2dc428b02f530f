using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

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
