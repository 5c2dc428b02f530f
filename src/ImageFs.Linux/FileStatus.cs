using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>What statx(2) says of a file.</summary>
/// <param name="Mode">Type and permissions, as st_mode.</param>
/// <param name="Size">Size in bytes; 0 for a block device.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="FileSystem">The device that the file is on (st_dev).</param>
/// <param name="Device">The device that the file is, for a device node (st_rdev).</param>
public readonly record struct FileStatus(uint Mode, long Size, ulong Inode, DeviceNumber FileSystem, DeviceNumber Device)
{
    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Last change of contents, seconds since 1970.</summary>
    public long ModifySeconds { get; init; }

    /// <summary>Last change of contents, nanoseconds.</summary>
    public uint ModifyNanoseconds { get; init; }

    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => Is(S_IFREG);

    /// <summary>Whether it is a block device.</summary>
    public bool IsBlockDevice => Is(S_IFBLK);

    /// <summary>Whether it is a character device.</summary>
    public bool IsCharacterDevice => Is(S_IFCHR);

    /// <summary>Whether it gives its bytes once, in their order: a pipe or a socket.</summary>
    public bool IsStream => Is(S_IFIFO) || Is(S_IFSOCK);

    /// <summary>Whether another file is this one, by whatever name.</summary>
    public bool IsSameAs(in FileStatus other) => FileSystem == other.FileSystem && Inode == other.Inode;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => Is(S_IFDIR);

    private bool Is(mode_t type) => ((mode_t)(ushort)Mode & S_IFMT) == type;
}
