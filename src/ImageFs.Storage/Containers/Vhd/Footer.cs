using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vhd;

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
