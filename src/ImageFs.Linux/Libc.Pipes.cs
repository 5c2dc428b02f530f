using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int pipe2(int* descriptors, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(FileDescriptor descriptor, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint splice(FileDescriptor from, long* fromOffset, FileDescriptor to, long* toOffset, nuint length, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint vmsplice(FileDescriptor pipe, IoVector* vectors, nuint count, uint flags);
}
