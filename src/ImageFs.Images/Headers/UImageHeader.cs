using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Images.Headers;

/// <summary>The header that U-Boot's legacy images have in front of their contents; all numbers are big-endian (U-Boot: image_header).</summary>
internal static class UImageHeader
{
    /// <summary>Its bytes.</summary>
    public const int Length = 64;

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x27, 0x05, 0x19, 0x56];

    /// <summary>Bytes of the contents, as far as the file has them; null when there is no such header.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static long? FindLength(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (source.Length <= Length)
        {
            return null;
        }

        source.ReadAt(0, bytes);
        return bytes.StartsWith(Magic) ? Math.Min(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), source.Length - Length) : null;
    }
}
