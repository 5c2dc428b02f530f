namespace ImageFs.Linux;

/// <summary>The system's libssl (OpenSSL 3), by which the runtime speaks TLS. Without it the runtime ends the process.</summary>
public static class Libssl
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libssl.so.3";

    /// <summary>Debian's package with it.</summary>
    public const string Package = Libcrypto.Package;
}
