using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Directories;

/// <summary>A directory that was opened.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Subvolume">The subvolume that it is in.</param>
/// <param name="Inode">Its inode; 0 of the empty directory that stands for a subvolume which is not there.</param>
internal sealed record Directory(NodeId Node, Subvolume Subvolume, ulong Inode);
