namespace ImageFs.Linux;

/// <summary>Flags of open(2) (asm-generic/fcntl.h).</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 2,

    /// <summary>O_EXCL: of a block device, fail when the kernel or another exclusive user has it.</summary>
    Exclusive = 0x80,

    /// <summary>O_NONBLOCK.</summary>
    NonBlocking = 0x800,

    /// <summary>O_CLOEXEC.</summary>
    CloseOnExec = 0x80000,

    /// <summary>O_PATH.</summary>
    Path = 0x200000,
}
