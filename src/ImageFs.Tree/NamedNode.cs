namespace ImageFs.Tree;

/// <summary>A name in a directory, kept.</summary>
/// <param name="Name">The name as bytes.</param>
/// <param name="Node">What it names.</param>
public sealed record NamedNode(byte[] Name, NodeId Node);
