namespace ImageFs.Tree;

/// <summary>A node of a file system by its place on disk: an inode number, or the address of its record.</summary>
/// <param name="Value">The number; the format gives it its meaning.</param>
/// <param name="Space">
/// Which of the trees that make up a tree the number is of, as <see cref="TreeLevel"/> writes it; 0 in a tree by itself.
/// </param>
public readonly record struct NodeId(ulong Value, ulong Space = 0);
