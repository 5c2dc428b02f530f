namespace ImageFs.FileSystems.Btrfs.Subvolumes;

/// <summary>A subvolume or a snapshot: a tree of files.</summary>
/// <param name="Id">Its object in the root tree.</param>
/// <param name="Tree">Its items.</param>
/// <param name="RootDirectory">The inode of its root directory.</param>
internal sealed record Subvolume(ulong Id, Trees.Tree Tree, ulong RootDirectory);

/// <summary>Where a subvolume is.</summary>
/// <param name="Parent">The subvolume that holds it.</param>
/// <param name="Directory">The inode of the directory there that names it.</param>
/// <param name="Name">Its name in that.</param>
internal sealed record SubvolumePlace(ulong Parent, ulong Directory, byte[] Name);
