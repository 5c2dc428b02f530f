using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ImageFs.Linux;

/// <summary>
/// The C library's functions that Tmds.LibC does not have, by their own names. Two it has and is not asked for: poll(2), because it
/// loses errno, and mknodat(2), because it calls a function that glibc since 2.33 has for old programs only.
/// </summary>
internal static unsafe partial class MoreLibc
{
    private const string Library = "libc.so.6";

    /// <summary>The process's environment as the C library has it: strings of bytes, and a null pointer for the end.</summary>
    internal static byte** Environment => *(byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint writev(FileDescriptor descriptor, iovec* vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint copy_file_range(FileDescriptor source, long* sourceOffset, FileDescriptor target, long* targetOffset, nuint count, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mknodat(int directory, byte* name, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int flock(int descriptor, int operation);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int rename(byte* from, byte* to);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int renameat(int fromDirectory, byte* from, int toDirectory, byte* to);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial byte* realpath(byte* path, byte* resolved);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getxattr(byte* path, byte* name, void* value, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsetxattr(int file, byte* name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int lsetxattr(byte* path, byte* name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int open_by_handle_at(int mount, void* handle, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(pollfd* descriptors, nuint count, int timeout);

    [LibraryImport(Library)]
    internal static partial int sched_setscheduler(int thread, int policy, void* parameter);

    [LibraryImport(Library)]
    internal static partial int posix_spawnp(int* pid, byte* file, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(void* actions, int descriptor, int newDescriptor);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_addopen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library)]
    internal static partial nint signal(int number, nint handler);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitpid(int pid, int* status, int options);

    [LibraryImport(Library)]
    internal static partial int getpwnam_r(byte* name, Account* account, byte* buffer, nuint size, Account** found);

    [LibraryImport(Library)]
    internal static partial int getgrnam_r(byte* name, Account* account, byte* buffer, nuint size, Account** found);

    [LibraryImport(Library)]
    internal static partial int getpwuid_r(uint user, PasswordEntry* account, byte* buffer, nuint size, PasswordEntry** found);

    [LibraryImport(Library)]
    internal static partial int getgrouplist(byte* user, uint group, uint* groups, int* count);

    [LibraryImport(Library)]
    internal static partial uint setfsuid(uint user);

    [LibraryImport(Library)]
    internal static partial uint setfsgid(uint group);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capget(CapabilityHeader* header, CapabilityWord* words);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capset(CapabilityHeader* header, CapabilityWord* words);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mlock(void* address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport(Library)]
    internal static partial nuint getauxval(nuint type);

    [LibraryImport(Library)]
    internal static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library)]
    internal static partial void explicit_bzero(void* address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int operation, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int tcgetattr(FileDescriptor terminal, void* settings);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int tcsetattr(FileDescriptor terminal, int when, void* settings);

    /// <summary><c>struct passwd</c> of pwd.h and <c>struct group</c> of grp.h, which begin alike; room for all of either.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    internal struct Account
    {
        public byte* Name;
        public byte* Password;

        /// <summary>pw_uid or gr_gid.</summary>
        public uint Id;
    }

    /// <summary><c>struct passwd</c> of pwd.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PasswordEntry
    {
        public byte* Name;
        public byte* Password;
        public uint User;
        public uint Group;
        public byte* Comment;
        public byte* Home;
        public byte* Shell;
    }

    /// <summary><c>struct rlimit</c> of sys/resource.h; RLIM_INFINITY is all ones.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary><c>struct __user_cap_header_struct</c> of linux/capability.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityHeader
    {
        public uint Version;
        public int Process;
    }

    /// <summary><c>struct __user_cap_data_struct</c> of linux/capability.h: 32 capabilities, in each of the three sets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapabilityWord
    {
        public uint Effective;
        public uint Permitted;
        public uint Inheritable;
    }
}
