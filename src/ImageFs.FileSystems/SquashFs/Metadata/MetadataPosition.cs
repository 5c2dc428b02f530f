namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>A place among metadata.</summary>
/// <param name="Block">Where the metadata block begins, in bytes from the start of the volume.</param>
/// <param name="Offset">The place in it, decoded.</param>
internal readonly record struct MetadataPosition(long Block, int Offset);
