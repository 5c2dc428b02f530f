using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// A block cipher of libcrypto with a key: it turns whole blocks, each by itself. Threads share it; each turns blocks in a context of its
/// own, which is kept for the next call. What chains blocks is built on it.
/// </summary>
public sealed unsafe class BlockCipher
{
    // As many contexts are kept as there are threads at most that work at the same time.
    private readonly Context?[] _idle = new Context?[Math.Max(8, 2 * Environment.ProcessorCount)];
    private readonly Context _first;

    private BlockCipher(Context first, int blockSize) => (_first, BlockSize) = (first, blockSize);

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; }

    /// <summary>Makes a cipher with a key.</summary>
    /// <param name="name">Its name for libcrypto, without a mode: "AES-256".</param>
    /// <param name="key">The key.</param>
    /// <param name="encrypts">Whether it encrypts; else it decrypts.</param>
    /// <returns>Null when libcrypto has no such cipher, or not for keys of that length.</returns>
    /// <exception cref="DllNotFoundException">There is no libcrypto.</exception>
    public static BlockCipher? Create(string name, ReadOnlySpan<byte> key, bool encrypts)
    {
        nint cipher = Libcrypto.EVP_CIPHER_fetch(Libcrypto.Context, $"{name}-ECB", null);
        if (cipher == 0)
        {
            Libcrypto.ERR_clear_error();
            return null;
        }

        try
        {
            var context = new Context(Libcrypto.EVP_CIPHER_CTX_new());
            fixed (byte* bytes = key)
            {
                // A cipher with keys of several lengths is told the length before it is given one.
                bool isReady = Libcrypto.EVP_CipherInit_ex2(context.Address, cipher, null, null, encrypts ? 1 : 0, null) > 0
                    && (Libcrypto.EVP_CIPHER_get_key_length(cipher) == key.Length || Libcrypto.EVP_CIPHER_CTX_set_key_length(context.Address, key.Length) > 0)
                    && Libcrypto.EVP_CipherInit_ex2(context.Address, 0, bytes, null, -1, null) > 0
                    && Libcrypto.EVP_CIPHER_CTX_set_padding(context.Address, 0) > 0;
                Libcrypto.ERR_clear_error();
                return isReady ? new BlockCipher(context, Libcrypto.EVP_CIPHER_get_block_size(cipher)) : null;
            }
        }
        finally
        {
            Libcrypto.EVP_CIPHER_free(cipher);
        }
    }

    /// <summary>Turns blocks where they are.</summary>
    /// <param name="blocks">Whole blocks.</param>
    public void Transform(Span<byte> blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(blocks.Length % BlockSize, 0);
        Context context = Take();
        int written;
        bool isDone;
        fixed (byte* bytes = blocks)
        {
            isDone = blocks.Length == 0 || (Libcrypto.EVP_CipherUpdate(context.Address, bytes, &written, bytes, blocks.Length) > 0 && written == blocks.Length);
        }

        Keep(context);
        if (!isDone)
        {
            throw new InvalidOperationException($"{Libcrypto.Library} cannot turn blocks with a cipher that it has made");
        }
    }

    private Context Take()
    {
        foreach (ref Context? place in _idle.AsSpan())
        {
            if (place is not null && Interlocked.Exchange(ref place, null) is { } context)
            {
                return context;
            }
        }

        var copy = new Context(Libcrypto.EVP_CIPHER_CTX_new());
        return Libcrypto.EVP_CIPHER_CTX_copy(copy.Address, _first.Address) > 0 ? copy : throw new LinuxException("EVP_CIPHER_CTX_new", Errno.ENOMEM);
    }

    // With all places taken it is left to its finalizer.
    private void Keep(Context context)
    {
        foreach (ref Context? place in _idle.AsSpan())
        {
            if (place is null && Interlocked.CompareExchange(ref place, context, null) is null)
            {
                return;
            }
        }
    }

    /// <summary>An EVP_CIPHER_CTX, which is cleared when it is freed.</summary>
    private sealed class Context : SafeHandle
    {
        public Context(nint address)
            : base(0, ownsHandle: true) => SetHandle(address != 0 ? address : throw new LinuxException("EVP_CIPHER_CTX_new", Errno.ENOMEM));

        /// <summary>Its address; it is good while the object is in use.</summary>
        public nint Address => handle;

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            Libcrypto.EVP_CIPHER_CTX_free(handle);
            return true;
        }
    }
}
