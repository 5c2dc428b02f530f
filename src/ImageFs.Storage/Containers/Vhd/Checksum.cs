using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vhd;

/// <summary>The checksum of footers and headers: the ones' complement of the sum of all other bytes.</summary>
internal static class Checksum
{
    /// <summary>Whether it is right.</summary>
    /// <param name="bytes">The structure.</param>
    /// <param name="offset">Where its checksum is.</param>
    public static bool IsValid(ReadOnlySpan<byte> bytes, int offset)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i >= offset && i < offset + sizeof(uint) ? 0u : bytes[i];
        }

        return ~sum == BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);
    }
}
