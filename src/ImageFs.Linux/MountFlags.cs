namespace ImageFs.Linux;

/// <summary>Flags of mount(2) (linux/mount.h), those that say something on a read-only mount.</summary>
[Flags]
public enum MountFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>MS_RDONLY.</summary>
    ReadOnly = 1,

    /// <summary>MS_NOSUID: set-user-id bits and file capabilities mean nothing.</summary>
    NoSuid = 2,

    /// <summary>MS_NODEV: device nodes cannot be opened.</summary>
    NoDev = 4,

    /// <summary>MS_NOEXEC: programs cannot be run.</summary>
    NoExec = 8,

    /// <summary>MS_NOSYMFOLLOW: symbolic links are not followed (5.10).</summary>
    NoSymFollow = 256,

    /// <summary>MS_NOATIME.</summary>
    NoAtime = 1024,

    /// <summary>MS_NODIRATIME.</summary>
    NoDirAtime = 2048,
}
