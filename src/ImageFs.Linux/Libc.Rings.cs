using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true, EntryPoint = "syscall")]
    internal static partial int syscall4(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport(Library, SetLastError = true, EntryPoint = "syscall")]
    internal static partial int syscall6(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
