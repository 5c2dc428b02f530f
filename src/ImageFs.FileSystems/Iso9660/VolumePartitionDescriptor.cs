namespace ImageFs.FileSystems.Iso9660;

/// <summary>A volume partition descriptor (ECMA-119 8.6).</summary>
internal readonly ref struct VolumePartitionDescriptor
{
    private readonly ReadOnlySpan<byte> _bytes;

    public VolumePartitionDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, VolumeDescriptor.Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>System Identifier (8.6.5), padded.</summary>
    public ReadOnlySpan<byte> SystemIdentifier => _bytes.Slice(8, 32);

    /// <summary>Volume Partition Identifier (8.6.6), padded.</summary>
    public ReadOnlySpan<byte> VolumePartitionIdentifier => _bytes.Slice(40, 32);

    /// <summary>Volume Partition Location in logical blocks (8.6.7).</summary>
    public uint VolumePartitionLocation => BothEndian.UInt32(_bytes[72..]);

    /// <summary>Volume Partition Size in logical blocks (8.6.8).</summary>
    public uint VolumePartitionSize => BothEndian.UInt32(_bytes[80..]);
}
