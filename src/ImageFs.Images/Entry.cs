using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>A name in a directory, kept.</summary>
/// <param name="Name">The name as bytes.</param>
/// <param name="Node">What it names.</param>
public sealed record Entry(byte[] Name, NodeId Node);
