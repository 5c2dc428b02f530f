using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>A boot record (ECMA-119 8.2), and what El Torito keeps in it (El Torito 1.0 figure 7).</summary>
internal readonly ref struct BootRecord
{
    private readonly ReadOnlySpan<byte> _bytes;

    public BootRecord(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, VolumeDescriptor.Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Boot System Identifier (8.2.4), padded.</summary>
    public ReadOnlySpan<byte> BootSystemIdentifier => _bytes.Slice(7, 32);

    /// <summary>Whether the boot system is El Torito.</summary>
    public bool IsElTorito => BootSystemIdentifier.StartsWith("EL TORITO SPECIFICATION"u8);

    /// <summary>First sector of the boot catalog, for El Torito.</summary>
    public uint BootCatalogLocation => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[71..]);
}
