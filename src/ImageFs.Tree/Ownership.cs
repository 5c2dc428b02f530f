using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>
/// Owner and permissions as the mount's options have them, for formats that leave those options: <c>uid= gid= mode= dmode= umask= fmask=
/// dmask=</c>, as mount(8) has them for the formats without owners.
/// </summary>
public sealed class Ownership
{
    private const uint PermissionBits = 0xFFF;

    private readonly uint? _user;
    private readonly uint? _group;
    private readonly uint? _fileMode;
    private readonly uint? _directoryMode;
    private readonly uint _fileMask;
    private readonly uint _directoryMask;

    private Ownership(OptionList options)
    {
        _user = options.TakeUser("uid");
        _group = options.TakeGroup("gid");
        _fileMode = options.TakeNumber("mode", octal: true, max: PermissionBits);
        _directoryMode = options.TakeNumber("dmode", octal: true, max: PermissionBits);
        uint mask = options.TakeNumber("umask", octal: true, max: PermissionBits) ?? 0;
        _fileMask = options.TakeNumber("fmask", octal: true, max: PermissionBits) ?? mask;
        _directoryMask = options.TakeNumber("dmask", octal: true, max: PermissionBits) ?? mask;
    }

    private bool ChangesNothing =>
        (_user, _group, _fileMode, _directoryMode) == (null, null, null, null) && (_fileMask | _directoryMask) == 0;

    /// <summary>The file system with what the options say of owners and permissions; the same when they say nothing.</summary>
    /// <param name="fileSystem">The file system; its format has taken the options that it knows.</param>
    /// <param name="options">The options that are left.</param>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public static FileSystem Apply(FileSystem fileSystem, OptionList options)
    {
        var ownership = new Ownership(options);
        return ownership.ChangesNothing ? fileSystem : new OwnershipFileSystem(fileSystem, ownership);
    }

    /// <summary>What stat(2) says of a node.</summary>
    /// <param name="recorded">What the image records.</param>
    public NodeAttributes Change(in NodeAttributes recorded)
    {
        bool isDirectory = recorded.Type == NodeType.Directory;
        uint permissions = (isDirectory ? _directoryMode : _fileMode) ?? recorded.Permissions;
        return recorded with
        {
            Uid = _user ?? recorded.Uid,
            Gid = _group ?? recorded.Gid,

            // The permissions of a link are nobody's.
            Permissions = recorded.Type == NodeType.SymbolicLink
                ? recorded.Permissions
                : permissions & ~(isDirectory ? _directoryMask : _fileMask),
        };
    }
}
