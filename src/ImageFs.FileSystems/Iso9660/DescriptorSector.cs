namespace ImageFs.FileSystems.Iso9660;

/// <summary>A volume descriptor as it was read.</summary>
/// <param name="Address">Where it is, in bytes from the start of the image.</param>
/// <param name="Bytes">All its bytes.</param>
internal sealed record DescriptorSector(long Address, byte[] Bytes)
{
    /// <summary>What all descriptors begin with.</summary>
    public VolumeDescriptor Header => new(Bytes);

    /// <summary>As a primary or supplementary descriptor.</summary>
    public PrimaryVolumeDescriptor Volume => new(Bytes);
}
