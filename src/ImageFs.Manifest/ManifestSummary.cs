using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>What a manifest turned out as.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="BlockSize">Bytes of a block.</param>
/// <param name="Nodes">Files, directories and all else that has an inode.</param>
/// <param name="Copied">Bytes of files that are in the manifest itself.</param>
/// <param name="Devices">Where the bytes of all other files lie, in the order of its table.</param>
/// <param name="LostAttributes">Extended attributes that EROFS has no place for.</param>
public sealed record ManifestSummary(long Length, int BlockSize, long Nodes, long Copied, IReadOnlyList<FileDevice> Devices, long LostAttributes);
