using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>
/// What the runtime has from the system's OpenSSL: TLS, and SHA-2. It is asked for before the runtime is: where there is no OpenSSL, that would
/// end the process.
/// </summary>
public static class OpenSsl
{
    private static readonly Lazy<bool> s_isThere = new(static () => SystemLibrary.IsThere(Libssl.Library));

    /// <summary>Makes sure that it is there.</summary>
    /// <param name="what">What it is wanted for: "TLS", "SHA-256".</param>
    /// <exception cref="UnsupportedFeatureException">It is not.</exception>
    public static void Require(string what)
    {
        if (!s_isThere.Value)
        {
            throw new UnsupportedFeatureException($"{what} without the library {Libssl.Library} (Debian's package {Libssl.Package} has it)");
        }
    }
}
