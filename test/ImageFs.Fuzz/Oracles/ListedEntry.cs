using ImageFs.Tree;

namespace ImageFs.Fuzz.Oracles;

/// <summary>An entry of a directory, kept.</summary>
/// <param name="Name">The name.</param>
/// <param name="Node">What it names.</param>
/// <param name="Type">Its type.</param>
/// <param name="Position">Where reading goes on after it.</param>
internal sealed record ListedEntry(byte[] Name, NodeId Node, NodeType Type, long Position)
{
    /// <summary>Whether it is the directory itself, or its parent.</summary>
    public bool IsDot => Name is [(byte)'.'] or [(byte)'.', (byte)'.'];

    /// <summary>Whether another is the same. Some formats know the parent only of a directory that was come to by its name: the last one.</summary>
    public bool IsAs(ListedEntry other) => (IsDot || Node == other.Node) && Type == other.Type && Position == other.Position && Name.AsSpan().SequenceEqual(other.Name);
}
