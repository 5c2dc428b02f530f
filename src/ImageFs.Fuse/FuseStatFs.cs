namespace ImageFs.Fuse;

/// <summary>What statfs(2) says.</summary>
/// <param name="BlockSize">Block size in bytes.</param>
/// <param name="Blocks">Blocks in the file system.</param>
/// <param name="FreeBlocks">Free blocks.</param>
/// <param name="Files">Inodes.</param>
/// <param name="FreeFiles">Free inodes.</param>
/// <param name="MaxNameLength">Longest name in bytes.</param>
public readonly record struct FuseStatFs(uint BlockSize, ulong Blocks, ulong FreeBlocks, ulong Files, ulong FreeFiles, uint MaxNameLength);
