using ImageFs.Linux;

namespace ImageFs.Storage.Encryption;

/// <summary>Hash functions by the names that headers of encrypted volumes have for them.</summary>
internal static class CryptoHash
{
    /// <summary>Finds a function.</summary>
    /// <param name="name">The kernel's word: "sha256", "ripemd160", "blake2b-512".</param>
    /// <exception cref="UnsupportedFeatureException">The system's libcrypto has no such function, or there is no libcrypto.</exception>
    public static HashFunction Find(string name)
    {
        try
        {
            // The kernel's names are OpenSSL's as well, but for that of Whirlpool.
            return (name.Length is > 0 and < 32 ? HashFunction.Find(name == "wp512" ? "whirlpool" : name) : null)
                ?? throw new UnsupportedFeatureException($"the hash function {name}, which the system's {Libcrypto.Library} does not have");
        }
        catch (DllNotFoundException)
        {
            throw WithoutLibrary();
        }
    }

    /// <summary>The error that there is no libcrypto.</summary>
    public static UnsupportedFeatureException WithoutLibrary() =>
        new($"an encrypted volume without the library {Libcrypto.Library} (Debian's package {Libcrypto.Package} has it)");
}
