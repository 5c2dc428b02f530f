using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int getpwnam_r(string name, Account* account, byte* buffer, nuint size, Account** found);

    [LibraryImport(Library, StringMarshallingCustomType = typeof(ByteTextMarshaller))]
    internal static partial int getgrnam_r(string name, Account* account, byte* buffer, nuint size, Account** found);

    /// <summary><c>struct passwd</c> of pwd.h and <c>struct group</c> of grp.h, which begin alike; room for all of either.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    internal struct Account
    {
        public byte* Name;
        public byte* Password;

        /// <summary>pw_uid or gr_gid.</summary>
        public uint Id;
    }
}
