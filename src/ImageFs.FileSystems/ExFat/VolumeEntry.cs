using System.Buffers.Binary;
using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems.ExFat;

/// <summary>
/// A primary entry of the root directory that is about the volume (exFAT 7.1 to 7.3 and 7.5): the type says which fields it has.
/// </summary>
internal readonly ref struct VolumeEntry
{
    private const int MaxLabelUnits = 11;

    private readonly ReadOnlySpan<byte> _bytes;

    public VolumeEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>EntryType.</summary>
    public byte Type => _bytes[0];

    /// <summary>BitmapFlags, BitmapIdentifier: whether an allocation bitmap is the second (7.1.2.1).</summary>
    public bool IsSecondBitmap => (_bytes[1] & 1) != 0;

    /// <summary>TableChecksum of an up-case table (7.2.2).</summary>
    public uint TableChecksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    /// <summary>FirstCluster of an allocation bitmap or up-case table (7.1.3, 7.2.3).</summary>
    public uint FirstCluster => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]);

    /// <summary>DataLength of an allocation bitmap or up-case table, in bytes (7.1.4, 7.2.4).</summary>
    public ulong DataLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);

    /// <summary>VolumeLabel (7.3.3).</summary>
    public string Label
    {
        get
        {
            Span<char> units = stackalloc char[Math.Min((int)_bytes[1], MaxLabelUnits)];
            for (int i = 0; i < units.Length; i++)
            {
                units[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(2 + (2 * i))..]);
            }

            return new string(units);
        }
    }

    /// <summary>VolumeGuid (7.5.5).</summary>
    public Guid Guid => new(_bytes.Slice(6, 16));
}
