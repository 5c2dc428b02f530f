namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>Which descriptor a tag begins (ECMA-167 3/7.2.1, 4/7.2.1).</summary>
internal enum TagIdentifier : ushort
{
    /// <summary>A sparing table has no identifier of its own (UDF 2.2.12).</summary>
    SparingTable = 0,

    PrimaryVolumeDescriptor = 1,
    AnchorVolumeDescriptorPointer = 2,
    VolumeDescriptorPointer = 3,
    ImplementationUseVolumeDescriptor = 4,
    PartitionDescriptor = 5,
    LogicalVolumeDescriptor = 6,
    UnallocatedSpaceDescriptor = 7,
    TerminatingDescriptor = 8,
    LogicalVolumeIntegrityDescriptor = 9,
    FileSetDescriptor = 256,
    FileIdentifierDescriptor = 257,
    AllocationExtentDescriptor = 258,
    IndirectEntry = 259,
    TerminalEntry = 260,
    FileEntry = 261,
    ExtendedAttributeHeaderDescriptor = 262,
    SpaceBitmapDescriptor = 264,
    ExtendedFileEntry = 266,
}
