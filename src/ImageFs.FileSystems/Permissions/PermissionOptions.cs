using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Permissions;

/// <summary>The mount options that Linux's vfat, exfat and ntfs3 share, as their formats do not record it: owner and permissions.</summary>
internal abstract class PermissionOptions
{
    private const uint AllPermissions = 0x1FF;
    private const uint WritePermissions = 0x92;
    private const uint DefaultMask = 0x12;

    private readonly uint _fileMask;
    private readonly uint _directoryMask;

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    protected PermissionOptions(OptionList options)
    {
        UserId = options.TakeUser("uid") ?? 0;
        GroupId = options.TakeGroup("gid") ?? 0;
        uint mask = options.TakeNumber("umask", octal: true) ?? DefaultMask;
        _fileMask = options.TakeNumber("fmask", octal: true) ?? mask;
        _directoryMask = options.TakeNumber("dmask", octal: true) ?? mask;
    }

    /// <summary>The help of the options.</summary>
    public static IReadOnlyList<FormatOption> PermissionHelp =>
    [
        new("uid=USER", "owner (default: 0)"),
        new("gid=GROUP", "group (default: 0)"),
        new("umask=OCTAL", "permissions to take away (default: 022)"),
        new("fmask=OCTAL", "permissions to take away from files"),
        new("dmask=OCTAL", "permissions to take away from directories"),
    ];

    /// <summary><c>uid=</c>: owner of everything; 0 unless given.</summary>
    public uint UserId { get; }

    /// <summary><c>gid=</c>: group of everything; 0 unless given.</summary>
    public uint GroupId { get; }

    /// <summary>The permission bits of a file or directory.</summary>
    /// <param name="type">Which of them.</param>
    /// <param name="isReadOnly">Whether its attribute says so.</param>
    public uint Permissions(NodeType type, bool isReadOnly) =>
        WithoutWrites(AllPermissions & ~(type == NodeType.Directory ? _directoryMask : _fileMask), isReadOnly);

    /// <summary>Permission bits without those to write, of a file with the attribute.</summary>
    public static uint WithoutWrites(uint permissions, bool isReadOnly) => isReadOnly ? permissions & ~WritePermissions : permissions;
}
