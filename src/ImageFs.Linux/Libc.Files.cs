using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int open(string path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int open(byte* path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(FileDescriptor descriptor, void* buffer, nuint count);

    [LibraryImport(Library)]
    internal static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(FileDescriptor descriptor, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint writev(FileDescriptor descriptor, IoVector* vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pread64(FileDescriptor descriptor, void* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial long lseek64(FileDescriptor descriptor, long offset, int whence);

    [LibraryImport(Library)]
    internal static partial int posix_fadvise64(FileDescriptor descriptor, long offset, long length, int advice);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(FileDescriptor descriptor, nuint request, void* argument);

    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int statx(int directory, string path, int flags, uint mask, StatxBuffer* buffer);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(FileDescriptor directory, ReadOnlySpan<byte> path, int flags, uint mask, StatxBuffer* buffer);
}
