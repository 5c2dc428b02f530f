using ImageFs.FileSystems.SquashFs.Metadata;

namespace ImageFs.FileSystems.SquashFs.Directories;

/// <summary>A header in a directory, with up to 256 entries behind it whose inodes are in one metadata block.</summary>
/// <param name="Offset">Where it is, in bytes from the start of the directory.</param>
/// <param name="Position">The same among metadata.</param>
internal readonly record struct DirectoryRun(long Offset, MetadataPosition Position);
