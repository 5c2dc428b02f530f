using System.Buffers.Binary;

namespace ImageFs.FileSystems.Discs;

/// <summary>
/// What a primary volume descriptor says of its disc (ECMA-119 8.4), whatever file systems are on it. Numbers are recorded in both byte
/// orders, of which the little-endian one counts.
/// </summary>
internal readonly ref struct PrimaryDescriptor
{
    /// <summary>Bytes of a descriptor: a sector.</summary>
    public const int Length = 2048;

    /// <summary>Bytes that tell what a descriptor is.</summary>
    public const int HeaderLength = 7;

    /// <summary>The sector of the first descriptor of a session: after the system area (6.2.1).</summary>
    public const int FirstSector = 16;

    /// <summary>The most descriptors that are gone through.</summary>
    public const int MaxDescriptors = 84;

    private const byte PrimaryType = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    public PrimaryDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Volume Space Size in logical blocks (8.4.8).</summary>
    public uint VolumeSpaceSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[80..]);

    /// <summary>Logical Block Size in bytes (8.4.12).</summary>
    public ushort LogicalBlockSize => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[128..]);

    /// <summary>The logical block of the root directory, after its extended attribute record (8.4.18).</summary>
    public long LocationOfRoot => (long)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[158..]) + _bytes[157];

    /// <summary>Whether a volume descriptor of ISO 9660 begins here, whatever its type (8.1.2).</summary>
    public static bool IsDescriptor(ReadOnlySpan<byte> bytes) => bytes[1..6].SequenceEqual("CD001"u8);

    /// <summary>Whether a primary one begins here (8.4.1).</summary>
    public static bool IsAt(ReadOnlySpan<byte> bytes) => bytes[0] == PrimaryType && IsDescriptor(bytes);
}
