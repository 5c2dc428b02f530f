using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct iovec</c> of sys/uio.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public void* Base;
    public nuint Length;
}
