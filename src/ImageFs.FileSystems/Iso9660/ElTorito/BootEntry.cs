using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>An initial, default or section entry: one boot image (El Torito 1.0 figures 3 and 5).</summary>
internal readonly ref struct BootEntry
{
    private readonly ReadOnlySpan<byte> _bytes;

    public BootEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, BootCatalog.EntryLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether the boot indicator says that it boots.</summary>
    public bool IsBootable => _bytes[0] == 0x88;

    /// <summary>Boot media type.</summary>
    public BootMedia Media => (BootMedia)(_bytes[1] & 0xF);

    /// <summary>Whether an extension entry follows, for a section entry.</summary>
    public bool IsContinued => (_bytes[1] & 0x20) != 0;

    /// <summary>Load segment; 0 means 0x7C0.</summary>
    public ushort LoadSegment => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>System type: that of the partition in a hard disk's image.</summary>
    public byte SystemType => _bytes[4];

    /// <summary>Sector count: virtual sectors of 512 bytes that are loaded.</summary>
    public ushort SectorCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]);

    /// <summary>Load RBA: first sector of 2048 bytes of the boot image.</summary>
    public uint LoadRba => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);
}
