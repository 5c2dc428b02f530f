using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>An attribute in a file record (linux-ntfs, Attribute Header). What <see cref="AttributeWalker"/> gives is whole.</summary>
internal readonly ref struct AttributeRecord
{
    /// <summary>The shortest one.</summary>
    public const int MinLength = ResidentHead;

    /// <summary>What specifies it.</summary>
    public const string Clause = "linux-ntfs, Attribute Header";

    private const int ResidentHead = 0x18;
    private const int NonResidentHead = 0x40;
    private const int StoredSizeEnd = 0x48;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">All of it, its head included.</param>
    public AttributeRecord(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public AttributeType Type => (AttributeType)BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>Whether its contents lie in clusters.</summary>
    public bool IsNonResident => _bytes[8] != 0;

    /// <summary>Its name in UTF-16; empty when it has none.</summary>
    public ReadOnlySpan<char> Name => MemoryMarshal.Cast<byte, char>(_bytes.Slice(NameOffset, _bytes[9] * sizeof(char)));

    public AttributeFlags Flags => (AttributeFlags)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[12..]);

    /// <summary>Its number in the record, which no other attribute there has.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[14..]);

    /// <summary>The contents of one that is resident.</summary>
    public ReadOnlySpan<byte> Value => _bytes.Slice(BinaryPrimitives.ReadUInt16LittleEndian(_bytes[20..]), BinaryPrimitives.ReadInt32LittleEndian(_bytes[16..]));

    /// <summary>The first cluster of the contents that this record tells of; of a resident one 0.</summary>
    public long LowestVcn => IsNonResident ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[16..]) : 0;

    /// <summary>The last cluster of the contents that this record tells of; -1 of one without.</summary>
    public long HighestVcn => BinaryPrimitives.ReadInt64LittleEndian(_bytes[24..]);

    /// <summary>Clusters in a unit of compression, as a power of two; 0 of what is not compressed.</summary>
    public int CompressionUnit => IsNonResident ? _bytes[34] : 0;

    /// <summary>Bytes of the clusters that it covers, of the first of its pieces.</summary>
    public long AllocatedSize => BinaryPrimitives.ReadInt64LittleEndian(_bytes[40..]);

    /// <summary>Bytes of its contents.</summary>
    public long DataSize => IsNonResident ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[48..]) : Value.Length;

    /// <summary>Bytes of the contents that were written: those behind are zeros.</summary>
    public long InitializedSize => BinaryPrimitives.ReadInt64LittleEndian(_bytes[56..]);

    /// <summary>Bytes of the clusters that it really takes.</summary>
    public long StoredSize => (Flags & (AttributeFlags.Compressed | AttributeFlags.Sparse)) != 0 && LowestVcn == 0 && _bytes.Length >= StoredSizeEnd
        ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[64..])
        : AllocatedSize;

    /// <summary>Where the clusters are, as <see cref="DataRunReader"/> takes it.</summary>
    public ReadOnlySpan<byte> Runs => _bytes[BinaryPrimitives.ReadUInt16LittleEndian(_bytes[32..])..];

    /// <summary>What is before its runs: sizes, and its name.</summary>
    public ReadOnlySpan<byte> Head => _bytes;

    private int NameOffset => _bytes[9] == 0 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(_bytes[10..]);

    /// <summary>Whether it is of a type and a name.</summary>
    public bool Is(AttributeType type, ReadOnlySpan<char> name = default) => Type == type && Name.SequenceEqual(name);

    /// <summary>What is wrong with it; null when nothing is. Only then may its other members be asked.</summary>
    public string? FindProblem()
    {
        if (NameOffset + (_bytes[9] * sizeof(char)) > _bytes.Length)
        {
            return "its name runs past its end";
        }

        if (!IsNonResident)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]);
            return BinaryPrimitives.ReadUInt16LittleEndian(_bytes[20..]) + (long)length > _bytes.Length ? $"its {length} bytes of contents run past its end" : null;
        }

        if (_bytes.Length < NonResidentHead || BinaryPrimitives.ReadUInt16LittleEndian(_bytes[32..]) is var runs && (runs < NonResidentHead || runs > _bytes.Length))
        {
            return "its head runs past its end";
        }

        return LowestVcn < 0 || HighestVcn < LowestVcn - 1 || HighestVcn == long.MaxValue ? $"its clusters {LowestVcn} to {HighestVcn} are none"
            : LowestVcn == 0 && (DataSize < 0 || InitializedSize < 0 || InitializedSize > AllocatedSize || DataSize > AllocatedSize)
                ? $"of {AllocatedSize} bytes it has {DataSize}, and {InitializedSize} were written"
            : null;
    }
}
