using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>An EVP_MD_CTX, for many hashes by one function without memory for each; for one thread at a time. It is cleared when it is freed.</summary>
public sealed unsafe class HashState : SafeHandle
{
    private readonly nint _digest;
    private readonly int _size;

    internal HashState(nint digest, int size)
        : base(0, ownsHandle: true)
    {
        _digest = digest;
        _size = size;
        SetHandle(Libcrypto.EVP_MD_CTX_new());
        Check(!IsInvalid);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The hash of two runs of bytes, one after the other.</summary>
    /// <param name="first">The first.</param>
    /// <param name="second">The second.</param>
    /// <param name="hash">Takes the hash; it may be among the bytes.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> hash)
    {
        Begin();
        Append(first);
        Append(second);
        Finish(hash);
    }

    /// <summary>Begins a hash of bytes that come piece by piece.</summary>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public void Begin() => Check(Libcrypto.EVP_DigestInit_ex2(handle, _digest, null) > 0);

    /// <summary>Goes on with the hash.</summary>
    /// <param name="bytes">The bytes that come next.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* run = bytes)
        {
            Check(Libcrypto.EVP_DigestUpdate(handle, run, (nuint)bytes.Length) > 0);
        }
    }

    /// <summary>Ends the hash.</summary>
    /// <param name="hash">Takes it.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public void Finish(Span<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hash.Length, _size);
        fixed (byte* output = hash)
        {
            Check(Libcrypto.EVP_DigestFinal_ex(handle, output, null) > 0);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Libcrypto.EVP_MD_CTX_free(handle);
        return true;
    }

    private static void Check(bool isDone)
    {
        if (!isDone)
        {
            Libcrypto.ERR_clear_error();
            throw new LinuxException("EVP_DigestFinal_ex", Errno.ENOMEM);
        }
    }
}
