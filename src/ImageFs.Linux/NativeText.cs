using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><see cref="ByteText"/> as the C library takes it: its bytes and a NUL, in memory that is freed when this is disposed.</summary>
internal readonly unsafe ref struct NativeText
{
    /// <summary>Copies a text.</summary>
    /// <exception cref="LinuxException">There is a NUL in it: the C library would take what is before it for all.</exception>
    internal NativeText(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new LinuxException("open", Errno.EINVAL, $"{text.Replace("\0", @"\x00", StringComparison.Ordinal)} as a path");
        }

        byte[] bytes = ByteText.ToBytes(text);
        Start = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(Start, bytes.Length));
        Start[bytes.Length] = 0;
    }

    /// <summary>Its first byte.</summary>
    internal byte* Start { get; }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => NativeMemory.Free(Start);
}
