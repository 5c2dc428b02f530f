namespace ImageFs.Tree;

/// <summary>The type of a node: the S_IFMT bits of st_mode, shifted right by 12 (the DT_ values of readdir(3)).</summary>
public enum NodeType : byte
{
    /// <summary>A directory's entry does not say: <see cref="FileSystem.GetAttributes(NodeId)"/> does.</summary>
    Unknown = 0,

    /// <summary>A named pipe.</summary>
    Fifo = 1,

    /// <summary>A character device.</summary>
    CharacterDevice = 2,

    /// <summary>A directory.</summary>
    Directory = 4,

    /// <summary>A block device.</summary>
    BlockDevice = 6,

    /// <summary>A regular file.</summary>
    Regular = 8,

    /// <summary>A symbolic link.</summary>
    SymbolicLink = 10,

    /// <summary>A socket.</summary>
    Socket = 12,
}
