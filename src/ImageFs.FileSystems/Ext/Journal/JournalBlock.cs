using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

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
