using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext.Journal;

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

    /// <param name="bytes">The tag; what is behind it does no harm.</param>
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

    // Of the third version flags have 32 bits, of which the lower ones are at the same place.
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
