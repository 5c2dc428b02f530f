namespace ImageFs.FileSystems.Iso9660;

/// <summary>A volume descriptor as it was read.</summary>
/// <param name="address">Where it is, in bytes from the start of the image.</param>
/// <param name="bytes">All its bytes.</param>
internal sealed class DescriptorSector(long address, byte[] bytes)
{
    /// <summary>Where it is, in bytes from the start of the image.</summary>
    public long Address => address;

    /// <summary>All its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>What all descriptors begin with.</summary>
    public VolumeDescriptor Header => new(bytes);

    /// <summary>As a primary or supplementary descriptor.</summary>
    public PrimaryVolumeDescriptor Volume => new(bytes);
}
