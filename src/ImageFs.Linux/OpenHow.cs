using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>How openat2(2) opens (struct open_how, linux/openat2.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    /// <summary>RESOLVE_NO_MAGICLINKS.</summary>
    public const ulong NoMagicLinks = 0x02;

    /// <summary>RESOLVE_BENEATH.</summary>
    public const ulong Beneath = 0x08;

    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}
