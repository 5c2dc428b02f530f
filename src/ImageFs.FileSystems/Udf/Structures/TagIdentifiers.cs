namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>What descriptors are called, and where they are specified.</summary>
internal static class TagIdentifiers
{
    /// <summary>The descriptor's name.</summary>
    public static string ToName(this TagIdentifier identifier) => identifier switch
    {
        TagIdentifier.SparingTable => "sparing table",
        TagIdentifier.PrimaryVolumeDescriptor => "primary volume descriptor",
        TagIdentifier.AnchorVolumeDescriptorPointer => "anchor volume descriptor pointer",
        TagIdentifier.VolumeDescriptorPointer => "volume descriptor pointer",
        TagIdentifier.ImplementationUseVolumeDescriptor => "implementation use volume descriptor",
        TagIdentifier.PartitionDescriptor => "partition descriptor",
        TagIdentifier.LogicalVolumeDescriptor => "logical volume descriptor",
        TagIdentifier.UnallocatedSpaceDescriptor => "unallocated space descriptor",
        TagIdentifier.TerminatingDescriptor => "terminating descriptor",
        TagIdentifier.LogicalVolumeIntegrityDescriptor => "logical volume integrity descriptor",
        TagIdentifier.FileSetDescriptor => "file set descriptor",
        TagIdentifier.FileIdentifierDescriptor => "file identifier descriptor",
        TagIdentifier.AllocationExtentDescriptor => "allocation extent descriptor",
        TagIdentifier.IndirectEntry => "indirect entry",
        TagIdentifier.TerminalEntry => "terminal entry",
        TagIdentifier.FileEntry => "file entry",
        TagIdentifier.ExtendedAttributeHeaderDescriptor => "extended attribute header descriptor",
        TagIdentifier.SpaceBitmapDescriptor => "space bitmap descriptor",
        TagIdentifier.ExtendedFileEntry => "extended file entry",
        _ => "descriptor",
    };

    /// <summary>The clause that specifies the descriptor.</summary>
    public static string ToClause(this TagIdentifier identifier) => identifier switch
    {
        TagIdentifier.SparingTable => "UDF 2.60 2.2.12",
        TagIdentifier.PrimaryVolumeDescriptor => "ECMA-167 3/10.1",
        TagIdentifier.AnchorVolumeDescriptorPointer => "ECMA-167 3/10.2",
        TagIdentifier.VolumeDescriptorPointer => "ECMA-167 3/10.3",
        TagIdentifier.ImplementationUseVolumeDescriptor => "ECMA-167 3/10.4",
        TagIdentifier.PartitionDescriptor => "ECMA-167 3/10.5",
        TagIdentifier.LogicalVolumeDescriptor => "ECMA-167 3/10.6",
        TagIdentifier.UnallocatedSpaceDescriptor => "ECMA-167 3/10.8",
        TagIdentifier.TerminatingDescriptor => "ECMA-167 3/10.9",
        TagIdentifier.LogicalVolumeIntegrityDescriptor => "ECMA-167 3/10.10",
        TagIdentifier.FileSetDescriptor => "ECMA-167 4/14.1",
        TagIdentifier.FileIdentifierDescriptor => "ECMA-167 4/14.4",
        TagIdentifier.AllocationExtentDescriptor => "ECMA-167 4/14.5",
        TagIdentifier.IndirectEntry => "ECMA-167 4/14.7",
        TagIdentifier.TerminalEntry => "ECMA-167 4/14.8",
        TagIdentifier.FileEntry => "ECMA-167 4/14.9",
        TagIdentifier.ExtendedAttributeHeaderDescriptor => "ECMA-167 4/14.10.1",
        TagIdentifier.SpaceBitmapDescriptor => "ECMA-167 4/14.12",
        TagIdentifier.ExtendedFileEntry => "ECMA-167 4/14.17",
        _ => "ECMA-167 3/7.2",
    };
}
