namespace ImageFs.Tree;

/// <summary>A node of a file system by its place on disk: an inode number, or the address of its record.</summary>
/// <param name="Value">The number; the format gives it its meaning.</param>
public readonly record struct NodeId(ulong Value);
