using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>An inode of any version, in one shape.</summary>
internal readonly record struct Inode
{
    /// <summary>What says that a file has no bytes in a fragment, or a node no attributes.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>Where it is.</summary>
    public required MetadataPosition Position { get; init; }

    public required NodeType Type { get; init; }

    public required uint Permissions { get; init; }

    /// <summary>Its number; where its version has none, one that is made of its place.</summary>
    public required ulong Number { get; init; }

    /// <summary>The place of its owner in the table of users.</summary>
    public required uint User { get; init; }

    /// <summary>The place of its group in the table of groups; <see cref="None"/> for the owner's number.</summary>
    public required uint Group { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required uint ModifyTime { get; init; }

    public required uint Links { get; init; }

    /// <summary>Bytes of a file or of a link's target; of a directory those of its entries, as it states them.</summary>
    public long Length { get; init; }

    /// <summary>Where a file's blocks begin, in the volume; for a directory, where its first metadata block begins in their table.</summary>
    public ulong Start { get; init; }

    /// <summary>Where the end of a file begins in its fragment, decoded; where a directory begins in its metadata block.</summary>
    public uint Offset { get; init; }

    /// <summary>The fragment that has the end of a file; <see cref="None"/> where none has.</summary>
    public uint Fragment { get; init; }

    /// <summary>Bytes of a file in blocks of zeros, which take no space.</summary>
    public ulong Sparse { get; init; }

    /// <summary>The inode number of a directory's parent.</summary>
    public uint Parent { get; init; }

    /// <summary>Entries of a directory's index.</summary>
    public int IndexCount { get; init; }

    /// <summary>The device number of a device node, as it is on disk.</summary>
    public uint Device { get; init; }

    /// <summary>Which list of extended attributes it has; <see cref="None"/> for none.</summary>
    public uint Attributes { get; init; }

    /// <summary>Whether the number of that list follows the target of the link.</summary>
    public bool HasAttributesBehindTarget { get; init; }

    /// <summary>What follows it: the lengths of a file's blocks, the index of a directory, the target of a link.</summary>
    public MetadataPosition Rest { get; init; }
}
