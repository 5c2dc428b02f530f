using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>What has to be there for connections that nobody else can read.</summary>
internal static class Tls
{
    /// <summary>Asked before the runtime is: where there is no OpenSSL, that would end the process.</summary>
    /// <exception cref="UnsupportedFeatureException">There is none.</exception>
    public static void Require()
    {
        if (!SystemLibrary.IsThere(Libssl.Library))
        {
            throw new UnsupportedFeatureException($"TLS without the library {Libssl.Library} (Debian's package {Libssl.Package} has it)");
        }
    }
}
