using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>Shared libraries of the system that are used where they are there.</summary>
public static class SystemLibrary
{
    /// <summary>Whether a library can be loaded.</summary>
    /// <param name="name">Its name with the version: "libzstd.so.1".</param>
    public static bool IsThere(string name) => NativeLibrary.TryLoad(name, out _);
}
