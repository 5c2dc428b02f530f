using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct msghdr</c> of sys/socket.h, of 64-bit machines.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public nuint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public nuint Flags;
}

/// <summary><c>struct cmsghdr</c> of sys/socket.h with the one descriptor after it that SCM_RIGHTS carries.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RightsMessage
{
    public nuint Length;
    public int Level;
    public int Type;
    public int Descriptor;
    private readonly int _padding;
}
