using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Layout;

/// <summary>How a version of SquashFS lays its structures out (squashfs_fs.h; squashfs_compat.h of squashfs-tools for those before 4).</summary>
internal sealed record VersionLayout
{
    // Types of inodes of version 1 are 1 to 5, and five more for each further sixteen users.
    private const int TypesOf1 = 5;

    private const int UsersOfType1 = 16;
    private const int ExtendedTypes = 7;

    /// <summary>The number of the version.</summary>
    public required int Major { get; init; }

    /// <summary>Bytes that every inode begins with.</summary>
    public required int InodeBase { get; init; }

    /// <summary>The type of an inode.</summary>
    public required Field Type { get; init; }

    /// <summary>Its permissions.</summary>
    public required Field Mode { get; init; }

    /// <summary>Its owner, as a place in the table of users.</summary>
    public required Field User { get; init; }

    /// <summary>Its group, as a place in the table of groups.</summary>
    public required Field Group { get; init; }

    /// <summary>What is there when the group has the owner's number.</summary>
    public uint SameGroup { get; init; } = uint.MaxValue;

    /// <summary>Its time; elsewhere, or nowhere, in versions 1 and 2.</summary>
    public Field ModifyTime { get; init; }

    /// <summary>Its number; versions 1 and 2 have none.</summary>
    public Field Number { get; init; }

    /// <summary>The inodes of each type, by its number; null for those that there are not.</summary>
    public required InodeLayout?[] Inodes { get; init; }

    /// <summary>Directories.</summary>
    public required DirectoryLayout Directory { get; init; }

    /// <summary>Bytes that a directory states beyond those of its entries.</summary>
    public int DirectorySurplus { get; init; }

    /// <summary>Bytes of the stored length of a block of a file.</summary>
    public int BlockEntrySize { get; init; } = sizeof(uint);

    /// <summary>Bytes of an entry of the table of fragments; 0 where there are none.</summary>
    public int FragmentEntrySize { get; init; }

    /// <summary>Bytes of an address in the indexes of tables.</summary>
    public int PointerSize { get; init; } = sizeof(ulong);

    /// <summary>Whether the numbers of users and groups are plain, one table behind the other.</summary>
    public bool HasPlainIds => Major < 4;

    /// <summary>Whether inodes are numbered.</summary>
    public bool HasNumbers => Number.Width > 0;

    /// <summary>The type of a node, by that of an inode.</summary>
    /// <param name="type">The number on disk.</param>
    /// <param name="special">What an inode of version 1 says that is a FIFO or a socket.</param>
    public NodeType TypeOf(int type, int special) => Major == 1
        ? NodeTypeOf(type == 0 ? special : ((type - 1) % TypesOf1) + 1)
        : NodeTypeOf(type > ExtendedTypes ? type - ExtendedTypes : type);

    /// <summary>What is to be added to the place of the owner in the table of users: in version 1 the type tells it.</summary>
    public int UserBaseOf(int type, int group) => Major == 1 ? (type == 0 ? group : (type - 1) / TypesOf1) * UsersOfType1 : 0;

    /// <summary>The type of a node, by that of an entry in a directory.</summary>
    public static NodeType NodeTypeOf(int type) => type switch
    {
        1 => NodeType.Directory,
        2 => NodeType.Regular,
        3 => NodeType.SymbolicLink,
        4 => NodeType.BlockDevice,
        5 => NodeType.CharacterDevice,
        6 => NodeType.Fifo,
        7 => NodeType.Socket,
        _ => NodeType.Unknown,
    };
}
