using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>A file by the number of its record, and how often that was used (linux-ntfs, File Reference).</summary>
/// <param name="Value">The number in the lower 48 bits, the sequence number above.</param>
internal readonly record struct FileReference(ulong Value)
{
    /// <summary>Bytes of one.</summary>
    public const int Size = sizeof(ulong);

    private const int SequenceShift = 48;

    /// <param name="bytes">Where it is recorded.</param>
    public FileReference(ReadOnlySpan<byte> bytes)
        : this(BinaryPrimitives.ReadUInt64LittleEndian(bytes))
    {
    }

    /// <summary>The number of the record.</summary>
    public long Record => (long)(Value & ((1UL << SequenceShift) - 1));

    /// <summary>The sequence number that the record has as long as the file exists.</summary>
    public ushort Sequence => (ushort)(Value >> SequenceShift);

    /// <summary>Number and sequence number, for messages.</summary>
    public override string ToString() => $"{Record}-{Sequence}";
}
