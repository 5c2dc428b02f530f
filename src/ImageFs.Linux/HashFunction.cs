using System.Text;

namespace ImageFs.Linux;

/// <summary>A hash function of libcrypto, and keys that are derived by it.</summary>
public sealed unsafe class HashFunction
{
    /// <summary>Bytes of the longest hash.</summary>
    public const int MaxSize = 64;

    private readonly string _name;
    private readonly nint _digest;

    private HashFunction(string name, nint digest)
    {
        _name = name;
        _digest = digest;
        Size = Libcrypto.EVP_MD_get_size(digest);
    }

    /// <summary>Bytes of a hash.</summary>
    public int Size { get; }

    /// <summary>Finds a function.</summary>
    /// <param name="name">Its name: "sha256", "ripemd160", "sha3-512".</param>
    /// <returns>Null when libcrypto has none of that name, or its hashes are longer than <see cref="MaxSize"/>.</returns>
    /// <exception cref="DllNotFoundException">There is no libcrypto.</exception>
    public static HashFunction? Find(string name)
    {
        // Never freed: there are few.
        nint digest = Libcrypto.EVP_MD_fetch(Libcrypto.Context, name, null);
        Libcrypto.ERR_clear_error();
        return digest == 0 || Libcrypto.EVP_MD_get_size(digest) is <= 0 or > MaxSize ? null : new HashFunction(name, digest);
    }

    /// <summary>The hash of two runs of bytes, one after the other.</summary>
    /// <param name="first">The first.</param>
    /// <param name="second">The second.</param>
    /// <param name="hash">Takes the hash, <see cref="Size"/> bytes.</param>
    public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hash.Length, Size);
        using HashState state = MakeState();
        state.Compute(first, second, hash);
    }

    /// <summary>A state of this function, for many hashes one after the other.</summary>
    public HashState MakeState() => new(_digest, Size);

    /// <summary>Derives a key by PBKDF2 with this function's HMAC (RFC 8018 5.2).</summary>
    /// <param name="password">The password.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="iterations">Iterations; at least 1.</param>
    /// <param name="key">Takes the key.</param>
    public void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, uint iterations, Span<byte> key)
    {
        nint function = Libcrypto.EVP_KDF_fetch(Libcrypto.Context, "PBKDF2", null);
        Check(function != 0);
        nint context = Libcrypto.EVP_KDF_CTX_new(function);
        byte nothing = 0;
        try
        {
            fixed (byte* digest = Encoding.ASCII.GetBytes(_name))
            fixed (byte* passwordBytes = password)
            fixed (byte* saltBytes = salt)
            fixed (byte* output = key)
            fixed (byte* passName = "pass\0"u8, saltName = "salt\0"u8, iterName = "iter\0"u8, digestName = "digest\0"u8)
            {
                Libcrypto.Parameter* parameters = stackalloc Libcrypto.Parameter[5];
                parameters[0] = new() { Key = passName, Type = Libcrypto.ParameterType.Bytes, Data = passwordBytes is null ? &nothing : passwordBytes, Length = (nuint)password.Length };
                parameters[1] = new() { Key = saltName, Type = Libcrypto.ParameterType.Bytes, Data = saltBytes is null ? &nothing : saltBytes, Length = (nuint)salt.Length };
                parameters[2] = new() { Key = iterName, Type = Libcrypto.ParameterType.UnsignedInteger, Data = &iterations, Length = sizeof(uint) };
                parameters[3] = new() { Key = digestName, Type = Libcrypto.ParameterType.Text, Data = digest, Length = (nuint)_name.Length };
                parameters[4] = default;
                Check(context != 0 && Libcrypto.EVP_KDF_derive(context, output, (nuint)key.Length, parameters) > 0);
            }
        }
        finally
        {
            Libcrypto.EVP_KDF_CTX_free(context);
            Libcrypto.EVP_KDF_free(function);
        }
    }

    private static void Check(bool isDone)
    {
        if (!isDone)
        {
            Libcrypto.ERR_clear_error();
            throw new LinuxException("EVP_KDF_derive", Errno.ENOMEM);
        }
    }
}
