namespace ImageFs.Tree;

/// <summary>
/// The numbers that names have for the types of what they are of, in ext (EXT4_FT_*), XFS (XFS_DIR3_FT_*), Btrfs (BTRFS_FT_*) and EROFS
/// (EROFS_FT_*): the same in all.
/// </summary>
public static class FileTypes
{
    /// <summary>The type of a number.</summary>
    /// <returns><see cref="NodeType.Unknown"/> of one that says nothing, or is not known.</returns>
    public static NodeType TypeOf(int number) => number switch
    {
        1 => NodeType.Regular,
        2 => NodeType.Directory,
        3 => NodeType.CharacterDevice,
        4 => NodeType.BlockDevice,
        5 => NodeType.Fifo,
        6 => NodeType.Socket,
        7 => NodeType.SymbolicLink,
        _ => NodeType.Unknown,
    };

    /// <summary>The number of a type.</summary>
    /// <returns>0 where it has none.</returns>
    public static byte NumberOf(NodeType type) => type switch
    {
        NodeType.Regular => 1,
        NodeType.Directory => 2,
        NodeType.CharacterDevice => 3,
        NodeType.BlockDevice => 4,
        NodeType.Fifo => 5,
        NodeType.Socket => 6,
        NodeType.SymbolicLink => 7,
        _ => 0,
    };
}
