using System.Runtime.InteropServices;

namespace ImageFs.Linux;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsid();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int dup2(FileDescriptor from, int to);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int syscall(nint number, nint first, nint second);

    [LibraryImport(Library, SetLastError = true, EntryPoint = "syscall")]
    internal static partial int syscall3(nint number, nint first, nint second, nint third);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(PollDescriptor* descriptors, nuint count, int timeout);

    [LibraryImport(Library)]
    internal static partial int sched_getaffinity(int thread, nuint size, byte* processors);

    [LibraryImport(Library)]
    internal static partial int sched_setaffinity(int thread, nuint size, byte* processors);

    [LibraryImport(Library)]
    internal static partial int sched_getscheduler(int thread);

    [LibraryImport(Library)]
    internal static partial int sched_setscheduler(int thread, int policy, void* parameter);

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    /// <summary><c>struct pollfd</c> of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
