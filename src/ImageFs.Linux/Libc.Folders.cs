using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int openat(int directory, byte* name, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial uint umask(uint mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mkdirat(int directory, byte* name, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mknodat(int directory, byte* name, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int symlinkat(byte* target, int directory, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int linkat(int oldDirectory, byte* oldName, int newDirectory, byte* newName, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unlinkat(int directory, byte* name, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmodat(int directory, byte* name, uint mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchownat(int directory, byte* name, uint uid, uint gid, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int utimensat(int directory, byte* name, long* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsetxattr(int file, byte* name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int lsetxattr(byte* path, byte* name, void* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ftruncate64(FileDescriptor descriptor, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pwrite64(FileDescriptor descriptor, void* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint copy_file_range(FileDescriptor source, long* sourceOffset, FileDescriptor target, long* targetOffset, nuint count, uint flags);
}
