using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's libargon2, which derives keys from passwords (RFC 9106); it is loaded when it is first called.</summary>
public static unsafe partial class Argon2
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libargon2.so.1";

    /// <summary>Debian's package with it.</summary>
    public const string Package = "libargon2-1";

    private const int Version = 0x13;
    private const int NoMemory = -22; // ARGON2_MEMORY_ALLOCATION_ERROR

    /// <summary>Derives a key.</summary>
    /// <param name="kind">0 for Argon2d, 1 for Argon2i, 2 for Argon2id.</param>
    /// <param name="password">The password.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="passes">Passes over the memory.</param>
    /// <param name="memory">Memory in KiB.</param>
    /// <param name="lanes">Lanes; each has a thread.</param>
    /// <param name="key">Takes the key.</param>
    /// <returns>Whether it could: not with parameters that are too small.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is not so much memory.</exception>
    public static bool TryDerive(int kind, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, uint passes, uint memory, uint lanes, Span<byte> key)
    {
        fixed (byte* passwordBytes = password)
        fixed (byte* saltBytes = salt)
        fixed (byte* output = key)
        {
            int result = argon2_hash(
                passes, memory, lanes, passwordBytes, (nuint)password.Length, saltBytes, (nuint)salt.Length, output, (nuint)key.Length, null, 0, kind, Version);
            return result != NoMemory ? result == 0 : throw new LinuxException("argon2_hash", Errno.ENOMEM);
        }
    }

    [LibraryImport(Library)]
    private static partial int argon2_hash(
        uint passes, uint memory, uint lanes, byte* password, nuint passwordLength, byte* salt, nuint saltLength, byte* hash, nuint hashLength,
        byte* encoded, nuint encodedLength, int kind, int version);
}
