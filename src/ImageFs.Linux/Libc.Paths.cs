using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial byte* getcwd(byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial nint readlink(string path, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial byte* realpath(string path, byte* resolved);

    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int rename(string from, string to);

    [LibraryImport(Library, SetLastError = true, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int unlink(string path);
}
