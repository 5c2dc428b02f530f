using ImageFs.FileSystems;

namespace ImageFs.Reading;

/// <summary>A name in a directory, kept.</summary>
/// <param name="Name">The name as bytes.</param>
/// <param name="Node">What it names.</param>
internal sealed record Entry(byte[] Name, NodeId Node);
