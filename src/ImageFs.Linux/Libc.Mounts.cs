using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int umount2(string target, int flags);

    [LibraryImport(Library)]
    internal static partial uint getuid();

    [LibraryImport(Library)]
    internal static partial uint getgid();
}
