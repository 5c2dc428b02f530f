using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// The system's libcrypto (OpenSSL 3), loaded when it is first called. What is looked for by name is looked for in a context of our own: the
/// ciphers and hashes that OpenSSL calls legacy are there, too, without the rest of the process being offered them.
/// </summary>
public static unsafe partial class Libcrypto
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libcrypto.so.3";

    /// <summary>Debian's package with it.</summary>
    public const string Package = "libssl3";

    private static readonly Lazy<nint> s_context = new(MakeContext);

    /// <summary>The context (OSSL_LIB_CTX).</summary>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    internal static nint Context => s_context.Value;

    private static nint MakeContext()
    {
        nint context = OSSL_LIB_CTX_new();
        if (context == 0 || OSSL_PROVIDER_load(context, "default") == 0)
        {
            throw new DllNotFoundException($"{Library} gives no context with its default provider");
        }

        // A module of its own, which may be missing.
        _ = OSSL_PROVIDER_load(context, "legacy");
        ERR_clear_error();
        return context;
    }

    [LibraryImport(Library)]
    internal static partial void ERR_clear_error();

    [LibraryImport(Library)]
    private static partial nint OSSL_LIB_CTX_new();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OSSL_PROVIDER_load(nint context, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint EVP_CIPHER_fetch(nint context, string name, string? properties);

    [LibraryImport(Library)]
    internal static partial void EVP_CIPHER_free(nint cipher);

    [LibraryImport(Library)]
    internal static partial int EVP_CIPHER_get_key_length(nint cipher);

    [LibraryImport(Library)]
    internal static partial int EVP_CIPHER_get_block_size(nint cipher);

    [LibraryImport(Library)]
    internal static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    internal static partial void EVP_CIPHER_CTX_free(nint cipher);

    [LibraryImport(Library)]
    internal static partial int EVP_CIPHER_CTX_copy(nint target, nint source);

    [LibraryImport(Library)]
    internal static partial int EVP_CIPHER_CTX_set_padding(nint context, int padding);

    [LibraryImport(Library)]
    internal static partial int EVP_CIPHER_CTX_set_key_length(nint context, int length);

    [LibraryImport(Library)]
    internal static partial int EVP_CipherInit_ex2(nint context, nint cipher, byte* key, byte* iv, int encrypts, void* parameters);

    [LibraryImport(Library)]
    internal static partial int EVP_CipherUpdate(nint context, byte* output, int* written, byte* input, int length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint EVP_MD_fetch(nint context, string name, string? properties);

    [LibraryImport(Library)]
    internal static partial int EVP_MD_get_size(nint digest);

    [LibraryImport(Library)]
    internal static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    internal static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestInit_ex2(nint context, nint digest, void* parameters);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestUpdate(nint context, byte* bytes, nuint length);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestFinal_ex(nint context, byte* digest, uint* length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint EVP_KDF_fetch(nint context, string name, string? properties);

    [LibraryImport(Library)]
    internal static partial void EVP_KDF_free(nint function);

    [LibraryImport(Library)]
    internal static partial nint EVP_KDF_CTX_new(nint function);

    [LibraryImport(Library)]
    internal static partial void EVP_KDF_CTX_free(nint context);

    [LibraryImport(Library)]
    internal static partial int EVP_KDF_derive(nint context, byte* key, nuint length, Parameter* parameters);

    /// <summary><c>OSSL_PARAM</c> of openssl/core.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Parameter
    {
        public byte* Key;
        public ParameterType Type;
        public void* Data;
        public nuint Length;
        public nuint ReturnedLength;
    }

    /// <summary>The types of OSSL_PARAM that are used.</summary>
    internal enum ParameterType : uint
    {
        /// <summary>OSSL_PARAM_UNSIGNED_INTEGER.</summary>
        UnsignedInteger = 2,

        /// <summary>OSSL_PARAM_UTF8_STRING.</summary>
        Text = 4,

        /// <summary>OSSL_PARAM_OCTET_STRING.</summary>
        Bytes = 5,
    }
}
