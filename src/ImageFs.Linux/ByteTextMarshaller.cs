using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace ImageFs.Linux;

/// <summary>Hands <see cref="ByteText"/> to the C library, as its bytes and a NUL.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(ByteTextMarshaller))]
internal static unsafe class ByteTextMarshaller
{
    /// <summary>Copies a text to memory of its own.</summary>
    /// <exception cref="LinuxException">There is a NUL in it: the C library would take what is before it for all.</exception>
    public static byte* ConvertToUnmanaged(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new LinuxException("open", Errno.EINVAL, $"{text.Replace("\0", @"\x00", StringComparison.Ordinal)} as a path");
        }

        byte[] bytes = ByteText.ToBytes(text);
        byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        copy[bytes.Length] = 0;
        return copy;
    }

    /// <summary>Frees it.</summary>
    public static void Free(byte* copy) => NativeMemory.Free(copy);
}
