namespace ImageFs.Storage.Encryption;

/// <summary>How blocks of a sector are chained.</summary>
internal enum CipherMode
{
    /// <summary>Not at all.</summary>
    Ecb,

    /// <summary>Each with the one before it.</summary>
    Cbc,

    /// <summary>Each with its place in the sector (IEEE 1619).</summary>
    Xts,
}

/// <summary>
/// How sectors are encrypted, as dm-crypt writes it: <c>aes-xts-plain64</c>, <c>aes-cbc-essiv:sha256</c>; a cipher, how its blocks are
/// chained, and what an initial vector is made of.
/// </summary>
/// <param name="Cipher">The cipher: "aes".</param>
/// <param name="Mode">How blocks are chained.</param>
/// <param name="Vector">What an initial vector is made of: "plain64"; empty where there is none.</param>
/// <param name="VectorHash">Of "essiv" the hash function; else empty.</param>
internal sealed record CipherSpecification(string Cipher, CipherMode Mode, string Vector, string VectorHash)
{
    /// <summary>The vectors of AES-CBC with the Elephant diffuser, which is around it.</summary>
    public const string Elephant = "elephant";

    private const string Advice = "cryptsetup open --readonly opens it where the kernel has the cipher";

    // dm-crypt's words for ciphers, and libcrypto's; those with keys of several lengths have that in their names there.
    private static readonly Dictionary<string, (string Name, bool HasLengths)> s_ciphers = new()
    {
        ["aes"] = ("AES", true),
        ["camellia"] = ("CAMELLIA", true),
        ["aria"] = ("ARIA", true),
        ["sm4"] = ("SM4", false),
        ["seed"] = ("SEED", false),
        ["des3_ede"] = ("DES-EDE3", false),
        ["cast5"] = ("CAST5", false),
        ["blowfish"] = ("BF", false),
    };

    /// <summary>The specification as dm-crypt writes it.</summary>
    public override string ToString() =>
        $"{Cipher}-{Mode.ToString().ToLowerInvariant()}{(Vector.Length > 0 ? $"-{Vector}" : string.Empty)}{(VectorHash.Length > 0 ? $":{VectorHash}" : string.Empty)}";

    /// <summary>Reads a specification.</summary>
    /// <exception cref="UnsupportedFeatureException">It is of a kind that is not read.</exception>
    public static CipherSpecification Parse(string text) =>
        WhyUnknown(text, out CipherSpecification specification) is { } reason ? throw new UnsupportedFeatureException(reason) : specification;

    /// <summary>Why a specification is not read, and what to do; null when it is.</summary>
    public static string? WhyUnknown(string text) => WhyUnknown(text, out _);

    /// <summary>A cipher with a key, for whole blocks.</summary>
    /// <param name="key">The key.</param>
    /// <param name="encrypts">Whether it encrypts; else it decrypts.</param>
    /// <exception cref="UnsupportedFeatureException">The system's libcrypto has no such cipher, or there is no libcrypto.</exception>
    public Linux.BlockCipher MakeCipher(ReadOnlySpan<byte> key, bool encrypts)
    {
        (string name, bool hasLengths) = s_ciphers[Cipher];
        string fullName = hasLengths ? $"{name}-{8 * key.Length}" : name;
        try
        {
            return Linux.BlockCipher.Create(fullName, key, encrypts)
                ?? throw new UnsupportedFeatureException($"the cipher {this} with a key of {8 * key.Length} bits, which the system's {Linux.Libcrypto.Library} does not have ({Advice})");
        }
        catch (DllNotFoundException)
        {
            throw CryptoHash.WithoutLibrary();
        }
    }

    private static string? WhyUnknown(string text, out CipherSpecification specification)
    {
        string[] parts = text.Split('-', 3);
        string vector = parts.ElementAtOrDefault(2) ?? string.Empty;
        int colon = vector.IndexOf(':', StringComparison.Ordinal);
        CipherMode? mode = parts.ElementAtOrDefault(1) switch
        {
            "xts" => CipherMode.Xts,
            "cbc" => CipherMode.Cbc,
            "ecb" => CipherMode.Ecb,
            _ => null,
        };
        specification = new CipherSpecification(parts[0], mode ?? CipherMode.Ecb, colon < 0 ? vector : vector[..colon], colon < 0 ? string.Empty : vector[(colon + 1)..]);
        string? problem = mode is null ? "whose blocks are chained in a way that is not read (xts, cbc, ecb)"
            : !s_ciphers.ContainsKey(specification.Cipher) ? "which OpenSSL does not have"
            : !InitialVectors.IsKnown(specification) ? "whose initial vectors are of a kind that is not read"
            : null;
        return problem is null ? null : $"the cipher {text}, {problem} ({Advice})";
    }
}
