using ImageFs.Fuse.Abi;

namespace ImageFs.Fuse;

/// <summary>A node as the kernel is to know it.</summary>
public readonly record struct FuseNode
{
    /// <summary>Node id: 1 is the root. The same node has the same id as long as the mount lives.</summary>
    public ulong NodeId { get; init; }

    /// <summary>What stat(2) says.</summary>
    public FuseAttr Attributes { get; init; }

    /// <summary>Whether it has a creation time.</summary>
    public bool HasBirthTime { get; init; }

    /// <summary>Creation, seconds since 1970.</summary>
    public long BirthSeconds { get; init; }

    /// <summary>Creation, nanoseconds.</summary>
    public uint BirthNanoseconds { get; init; }
}
