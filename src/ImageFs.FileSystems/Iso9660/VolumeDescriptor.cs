namespace ImageFs.FileSystems.Iso9660;

/// <summary>What all volume descriptors begin with (ECMA-119 8.1).</summary>
internal readonly ref struct VolumeDescriptor
{
    /// <summary>Bytes in a volume descriptor: one logical sector.</summary>
    public const int Length = 2048;

    /// <summary>Bytes that all descriptors have in common.</summary>
    public const int HeaderLength = 7;

    private readonly ReadOnlySpan<byte> _bytes;

    public VolumeDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Volume Descriptor Type (8.1.1).</summary>
    public VolumeDescriptorType Type => (VolumeDescriptorType)_bytes[0];

    /// <summary>Whether the Standard Identifier is <c>CD001</c> (8.1.2).</summary>
    public bool IsIso9660 => _bytes[1..6].SequenceEqual("CD001"u8);

    /// <summary>Volume Descriptor Version (8.1.3): 1, or 2 for the enhanced descriptor of ISO 9660:1999.</summary>
    public byte Version => _bytes[6];
}
