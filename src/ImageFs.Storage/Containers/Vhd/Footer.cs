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

/// <summary>The kind of a disk (VHD: Hard Disk Footer Format).</summary>
internal enum DiskType : uint
{
    None = 0,
    Fixed = 2,
    Dynamic = 3,
    Differencing = 4,
}

/// <summary>The last sector of the file, and the first of those that are not fixed; all numbers are big-endian (VHD: Hard Disk Footer Format).</summary>
internal readonly ref struct Footer
{
    /// <summary>Bytes of a footer.</summary>
    public const int Length = 512;

    private readonly ReadOnlySpan<byte> _bytes;

    public Footer(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public bool HasMagic => _bytes.StartsWith("conectix"u8);

    /// <summary>Whether the checksum is right.</summary>
    public bool IsValid => HasMagic && Checksum.IsValid(_bytes, 64);

    /// <summary>Where the dynamic disk header is.</summary>
    public ulong DataOffset => BinaryPrimitives.ReadUInt64BigEndian(_bytes[16..]);

    /// <summary>Bytes of the disk.</summary>
    public ulong CurrentSize => BinaryPrimitives.ReadUInt64BigEndian(_bytes[48..]);

    public DiskType DiskType => (DiskType)BinaryPrimitives.ReadUInt32BigEndian(_bytes[60..]);

    /// <summary>What children know the disk by.</summary>
    public Guid UniqueId => new(_bytes.Slice(68, 16), bigEndian: true);
}
