using ImageFs.Linux;

namespace ImageFs.Tree;

/// <summary>What stat(2) says of a node.</summary>
public readonly record struct NodeAttributes
{
    /// <summary>The type.</summary>
    public required NodeType Type { get; init; }

    /// <summary>Permission bits, with set-user-id, set-group-id and sticky: st_mode without the type.</summary>
    public required uint Permissions { get; init; }

    /// <summary>Inode number (st_ino): the same from mount to mount, and the same for hard links.</summary>
    public required ulong Inode { get; init; }

    /// <summary>Number of hard links.</summary>
    public uint LinkCount { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>The device, for device nodes.</summary>
    public DeviceNumber Device { get; init; }

    /// <summary>Size in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Space taken, in units of 512 bytes (st_blocks).</summary>
    public long Blocks { get; init; }

    /// <summary>Preferred I/O size in bytes (st_blksize).</summary>
    public uint BlockSize { get; init; }

    /// <summary>Last access.</summary>
    public Timestamp AccessTime { get; init; }

    /// <summary>Last change of contents.</summary>
    public Timestamp ModifyTime { get; init; }

    /// <summary>Last change of attributes.</summary>
    public Timestamp ChangeTime { get; init; }

    /// <summary>Creation, where the format has it.</summary>
    public Timestamp? BirthTime { get; init; }
}
