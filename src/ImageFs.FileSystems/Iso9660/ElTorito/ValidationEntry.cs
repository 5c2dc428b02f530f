using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>The validation entry that a boot catalog begins with (El Torito 1.0 figure 2).</summary>
internal readonly ref struct ValidationEntry
{
    private readonly ReadOnlySpan<byte> _bytes;

    public ValidationEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, BootCatalog.EntryLength, nameof(bytes));
        _bytes = bytes[..BootCatalog.EntryLength];
    }

    /// <summary>Whether header ID and key bytes are right.</summary>
    public bool IsValid => _bytes[0] == 1 && _bytes[30] == 0x55 && _bytes[31] == 0xAA;

    /// <summary>Platform ID.</summary>
    public BootPlatform Platform => (BootPlatform)_bytes[1];

    /// <summary>ID string of who made the image, padded.</summary>
    public ReadOnlySpan<byte> Manufacturer => _bytes.Slice(4, 24);

    /// <summary>Whether all words of the entry sum up to 0.</summary>
    public bool IsChecksumRight
    {
        get
        {
            uint sum = 0;
            for (int i = 0; i < _bytes.Length; i += 2)
            {
                sum += BinaryPrimitives.ReadUInt16LittleEndian(_bytes[i..]);
            }

            return (sum & 0xFFFF) == 0;
        }
    }
}
