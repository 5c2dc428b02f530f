using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>What a process may still do with what lies beneath a place of the file hierarchy (linux/landlock.h).</summary>
[Flags]
public enum LandlockAccess : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>LANDLOCK_ACCESS_FS_WRITE_FILE.</summary>
    WriteFile = 1 << 1,

    /// <summary>LANDLOCK_ACCESS_FS_READ_FILE.</summary>
    ReadFile = 1 << 2,

    /// <summary>LANDLOCK_ACCESS_FS_READ_DIR.</summary>
    ReadFolder = 1 << 3,

    /// <summary>
    /// LANDLOCK_ACCESS_FS_REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_SYM, and REFER: links and new names in another folder
    /// (Linux 5.19).
    /// </summary>
    Make = 0x37B0,

    /// <summary>LANDLOCK_ACCESS_FS_MAKE_CHAR and MAKE_BLOCK.</summary>
    MakeDevice = 1 << 6 | 1 << 11,

    /// <summary>LANDLOCK_ACCESS_FS_TRUNCATE: the length of files that are open for writing (Linux 6.2).</summary>
    Truncate = 1 << 14,

    /// <summary>Files and folders, to read.</summary>
    Read = ReadFile | ReadFolder,
}

/// <summary>A ruleset of Landlock, landlock(7): what is not allowed by a rule is refused to whoever is restricted by it.</summary>
public sealed unsafe class Landlock : IDisposable
{
    // The numbers are the same on all architectures.
    private const int CreateRuleset = 444;
    private const int AddRule = 445;
    private const uint AskVersion = 1; // LANDLOCK_CREATE_RULESET_VERSION
    private const int PathBeneath = 1; // LANDLOCK_RULE_PATH_BENEATH
    private const int BadDescriptorState = 77; // EBADFD
    private const ulong FirstAccesses = (1UL << 13) - 1;
    private const ulong Refer = 1UL << 13;
    private const ulong BindAndConnect = 3;

    // LANDLOCK_ACCESS_FS_EXECUTE, WRITE_FILE, READ_FILE and TRUNCATE: what a rule of a file, not of a folder, may have.
    private const ulong OfFiles = 7 | (ulong)LandlockAccess.Truncate;
    private readonly ulong _accesses;

    private Landlock(FileDescriptor descriptor, ulong accesses)
    {
        Descriptor = descriptor;
        _accesses = accesses;
    }

    /// <summary>The version of Landlock's interface; 0 where there is none: before Linux 5.13, or left out when the system started.</summary>
    public static int Version => Math.Max(0, (int)syscall(CreateRuleset, null, 0, AskVersion));

    /// <summary>The ruleset.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Makes a ruleset that refuses everything that this kernel's Landlock knows.</summary>
    /// <param name="hasNetwork">Whether connecting by TCP stays allowed.</param>
    /// <param name="mayRead">Whether files and folders may be read wherever they are.</param>
    /// <returns>Null where there is no Landlock.</returns>
    public static Landlock? TryCreate(bool hasNetwork, bool mayRead)
    {
        int version = Version;
        if (version == 0)
        {
            return null;
        }

        ulong accesses = FirstAccesses | (version >= 2 ? Refer : 0) | (version >= 3 ? (ulong)LandlockAccess.Truncate : 0);
        accesses &= mayRead ? ~(ulong)LandlockAccess.Read : ulong.MaxValue;
        ulong* attribute = stackalloc ulong[2] { accesses, version >= 4 && !hasNetwork ? BindAndConnect : 0 };
        int number = (int)syscall(CreateRuleset, attribute, version >= 4 ? 2 * sizeof(ulong) : sizeof(ulong), 0);
        return number < 0 ? null : new Landlock(new FileDescriptor(number), accesses);
    }

    /// <summary>Allows something to files at or beneath a path; one that is not there allows nothing.</summary>
    /// <param name="path">A file or a folder; a symbolic link stands for what it leads to.</param>
    /// <param name="access">What is allowed.</param>
    /// <exception cref="LinuxException">The kernel refuses the rule.</exception>
    public void Allow(string path, LandlockAccess access)
    {
        using FileDescriptor? place = Files.TryOpen(path, OpenFlags.Path, out _);
        if (place is null)
        {
            return;
        }

        // Some file systems of the kernel's own cannot be restricted, and need no rule.
        ulong allowed = (ulong)access & _accesses;
        Errno error = Add(place, allowed);
        error = error == Errno.EINVAL ? Add(place, allowed & OfFiles) : error;
        if (error != Errno.None && (int)error != BadDescriptorState)
        {
            throw new LinuxException("landlock_add_rule", error, path);
        }
    }

    private Errno Add(FileDescriptor place, ulong allowed)
    {
        PathRule rule = new() { Access = allowed, Parent = place.Number };
        return allowed == 0 || (int)syscall(AddRule, Descriptor.Number, PathBeneath, &rule, 0) == 0 ? Errno.None : LinuxException.LastError;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    // struct landlock_path_beneath_attr, which is packed.
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Pack = 1)]
    private struct PathRule
    {
        public ulong Access;
        public int Parent;
    }
}
