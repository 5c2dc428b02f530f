using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>The header of a section of the boot catalog (El Torito 1.0 figure 4).</summary>
internal readonly ref struct SectionHeader
{
    private const byte MoreHeaders = 0x90;
    private const byte LastHeader = 0x91;

    private readonly ReadOnlySpan<byte> _bytes;

    public SectionHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, BootCatalog.EntryLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether it is a section header.</summary>
    public bool IsValid => _bytes[0] is MoreHeaders or LastHeader;

    /// <summary>Whether no other section follows.</summary>
    public bool IsLast => _bytes[0] == LastHeader;

    /// <summary>Platform ID.</summary>
    public BootPlatform Platform => (BootPlatform)_bytes[1];

    /// <summary>Section entries that follow.</summary>
    public ushort EntryCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>ID string of the section, padded.</summary>
    public ReadOnlySpan<byte> Identifier => _bytes.Slice(4, 28);
}
