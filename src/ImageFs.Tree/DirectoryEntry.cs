namespace ImageFs.Tree;

/// <summary>One name in a directory. All of it is good only during the call that hands it out.</summary>
/// <param name="name">The name as bytes.</param>
/// <param name="node">What it names.</param>
/// <param name="type">Its type.</param>
/// <param name="nextPosition">Where reading goes on after it; above 0.</param>
/// <param name="inode">Its inode number, where that is not the node id's value.</param>
public readonly ref struct DirectoryEntry(ReadOnlySpan<byte> name, NodeId node, NodeType type, long nextPosition, ulong? inode = null)
{
    /// <summary>The name as bytes.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>What it names.</summary>
    public NodeId Node { get; init; } = node;

    /// <summary>Its type.</summary>
    public NodeType Type { get; } = type;

    /// <summary>Inode number, the same as <see cref="NodeAttributes.Inode"/> says.</summary>
    public ulong Inode { get; init; } = inode ?? node.Value;

    /// <summary>Where reading goes on after it; above 0.</summary>
    public long NextPosition { get; } = nextPosition;

    /// <summary>
    /// What the directory says of the node, as the format has it on disk and where it has: for
    /// <see cref="FileSystem.GetAttributes(in DirectoryEntry)"/> of the file system that made the entry. Else empty.
    /// </summary>
    public ReadOnlySpan<byte> Record { get; init; }
}
