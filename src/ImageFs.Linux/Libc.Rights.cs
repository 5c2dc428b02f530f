using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library)]
    internal static partial uint setfsuid(uint user);

    [LibraryImport(Library)]
    internal static partial uint setfsgid(uint group);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capget(CapabilityHeader* header, CapabilityWord* words);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int capset(CapabilityHeader* header, CapabilityWord* words);

    [LibraryImport(Library)]
    internal static partial int getpwuid_r(uint user, PasswordEntry* account, byte* buffer, nuint size, PasswordEntry** found);

    [LibraryImport(Library)]
    internal static partial int getgrouplist(byte* user, uint group, uint* groups, int* count);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint getxattr(string path, string name, void* value, nuint size);

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
