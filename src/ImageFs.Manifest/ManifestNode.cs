using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>A name in a directory.</summary>
/// <param name="Name">The name, as bytes.</param>
/// <param name="Node">What it names.</param>
internal readonly record struct ManifestEntry(byte[] Name, ManifestNode Node);

/// <summary>How the bytes of a node are kept.</summary>
internal enum BodyKind : byte
{
    /// <summary>There are none: a device, a file of no length.</summary>
    None,

    /// <summary>Behind the inode (EROFS_INODE_FLAT_INLINE).</summary>
    Tail,

    /// <summary>In blocks of the manifest itself (EROFS_INODE_FLAT_PLAIN).</summary>
    Blocks,

    /// <summary>In one piece on a device (EROFS_INODE_FLAT_PLAIN).</summary>
    Device,

    /// <summary>In chunks on devices, with holes among them (EROFS_INODE_CHUNK_BASED).</summary>
    Chunks,
}

/// <summary>A file, a directory or whatever else has an inode: what of it goes into the manifest, and where.</summary>
/// <param name="id">The node in its own tree.</param>
/// <param name="attributes">What stat(2) says of it.</param>
internal sealed class ManifestNode(NodeId id, in NodeAttributes attributes)
{
    public NodeId Id { get; } = id;

    /// <summary>The directory that names it first; null for the root.</summary>
    public ManifestNode? Parent { get; set; }

    public NodeType Type { get; } = attributes.Type;

    public uint Permissions { get; } = attributes.Permissions;

    public uint Uid { get; } = attributes.Uid;

    public uint Gid { get; } = attributes.Gid;

    public uint LinkCount { get; } = attributes.LinkCount;

    public Timestamp Time { get; } = attributes.ModifyTime;

    public DeviceNumber Device { get; } = attributes.Device;

    /// <summary>Its number from 1 on, in the order in which inodes lie; 0 before it has one.</summary>
    public uint Number { get; set; }

    /// <summary>Bytes of its body.</summary>
    public long Size { get; set; } = attributes.Type == NodeType.Regular ? attributes.Size : 0;

    /// <summary>Its extended attributes as they stand behind the inode; empty when it has none.</summary>
    public byte[] Attributes { get; set; } = [];

    /// <summary>How many of its extended attributes have no place.</summary>
    public int LostAttributes { get; set; }

    /// <summary>The names of a directory, in the order of their bytes, without dots.</summary>
    public ManifestEntry[] Entries { get; set; } = [];

    /// <summary>The target of a symbolic link.</summary>
    public byte[] Target { get; set; } = [];

    /// <summary>Where the bytes of a regular file lie; empty when they are in the manifest itself.</summary>
    public DataExtent[] Extents { get; set; } = [];

    /// <summary>Why the bytes of a regular file have to be copied; null when they lie on devices as they are.</summary>
    public string? WhyCopied { get; set; }

    public BodyKind Body { get; set; }

    /// <summary>Bytes of a chunk as a power of two.</summary>
    public int ChunkBits { get; set; }

    /// <summary>Where the inode is in the manifest, in bytes.</summary>
    public long Address { get; set; }

    /// <summary>Where its blocks begin in the manifest, in bytes.</summary>
    public long BodyAddress { get; set; }

    /// <summary>nid: the inode by its place.</summary>
    public ulong Nid => (ulong)Address / InodeRecord.SlotSize;

    /// <summary>The path from the root: "/a/b".</summary>
    public override string ToString() =>
        Parent is null ? "/" : $"{(Parent.Parent is null ? string.Empty : Parent)}/{ByteText.FromBytes(Parent.Entries.FirstOrDefault(entry => ReferenceEquals(entry.Node, this)).Name ?? "?"u8.ToArray())}";
}
