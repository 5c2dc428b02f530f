using ImageFs.Linux;
using ImageFs.Storage.Encryption;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>How a key is derived from a passphrase. What it costs is the header's to say, within bounds.</summary>
internal abstract record KeyFunction
{
    /// <summary>Derives a key.</summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="key">Takes the key.</param>
    /// <param name="costs">What it may cost.</param>
    /// <exception cref="UnsupportedFeatureException">It costs more than is done here, or needs a library that is not there.</exception>
    public abstract void Derive(ReadOnlySpan<byte> passphrase, Span<byte> key, KeyCosts costs);
}

/// <summary>What deriving a key may cost at most.</summary>
/// <param name="Iterations">Iterations of PBKDF2.</param>
/// <param name="Memory">Memory of Argon2, in KiB.</param>
/// <param name="Work">Memory of Argon2 times passes, in KiB.</param>
internal sealed record KeyCosts(long Iterations, long Memory, long Work)
{
    /// <summary>
    /// What people wait for. Iterations: about a minute for each block of the hash; cryptsetup takes as many as are done in two seconds. Memory: 4 GiB,
    /// as cryptsetup has it. Work: a minute or two.
    /// </summary>
    public static KeyCosts Usual { get; } = new(100_000_000, 4 << 20, 256 << 20);
}

/// <summary>PBKDF2 (RFC 8018 5.2).</summary>
/// <param name="Hash">The hash function: "sha256".</param>
/// <param name="Iterations">Iterations.</param>
/// <param name="Salt">The salt.</param>
internal sealed record Pbkdf2(string Hash, long Iterations, byte[] Salt) : KeyFunction
{
    /// <inheritdoc/>
    public override void Derive(ReadOnlySpan<byte> passphrase, Span<byte> key, KeyCosts costs)
    {
        if (Iterations < 1 || Iterations > costs.Iterations)
        {
            throw new UnsupportedFeatureException($"PBKDF2 with {Iterations} iterations (1 to {costs.Iterations} are done; cryptsetup luksChangeKey makes a key slot with fewer)");
        }

        CryptoHash.Find(Hash).DeriveKey(passphrase, Salt, (uint)Iterations, key);
    }

    /// <inheritdoc/>
    public override string ToString() => $"pbkdf2 with {Hash}, {Iterations} iterations";
}

/// <summary>Argon2 (RFC 9106).</summary>
/// <param name="Kind">"argon2i" or "argon2id".</param>
/// <param name="Passes">Passes over the memory.</param>
/// <param name="Memory">Memory in KiB.</param>
/// <param name="Lanes">Lanes, each with a thread.</param>
/// <param name="Salt">The salt.</param>
internal sealed record Argon2Function(string Kind, long Passes, long Memory, long Lanes, byte[] Salt) : KeyFunction
{
    /// <summary>Lanes at most; cryptsetup makes 4.</summary>
    public const long MaxLanes = 64;

    /// <inheritdoc/>
    public override void Derive(ReadOnlySpan<byte> passphrase, Span<byte> key, KeyCosts costs)
    {
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 10;
        if (Memory < 1 || Memory > costs.Memory || Passes < 1 || Passes > costs.Work / Memory || Lanes is < 1 or > MaxLanes)
        {
            throw new UnsupportedFeatureException(
                $"{this} (at most {costs.Memory} KiB, {costs.Work} KiB in all passes and {MaxLanes} lanes are taken; cryptsetup luksConvertKey makes a key slot of less)");
        }

        if (Memory > available)
        {
            throw new UnsupportedFeatureException($"{this}, where this machine or control group has {available} KiB of memory");
        }

        try
        {
            if (!Argon2.TryDerive(Kind == "argon2id" ? 2 : 1, passphrase, Salt, (uint)Passes, (uint)Memory, (uint)Lanes, key))
            {
                throw new UnsupportedFeatureException($"{this} and a salt of {Salt.Length} bytes, which {Argon2.Library} refuses");
            }
        }
        catch (DllNotFoundException)
        {
            throw new UnsupportedFeatureException($"{Kind} without the library {Argon2.Library} (Debian's package {Argon2.Package} has it)");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} with {Memory} KiB, {Passes} passes, {Lanes} lanes";
}
