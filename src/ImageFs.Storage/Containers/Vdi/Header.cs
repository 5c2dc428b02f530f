using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vdi;

/// <summary>The kind of a disk (VirtualBox: VDIIMAGETYPE).</summary>
internal enum ImageType : uint
{
    Dynamic = 1,
    Static = 2,
    Undo = 3,
    Differencing = 4,
}

/// <summary>The header that the file begins with, version 1.1; all numbers are little-endian (VirtualBox: VDICore.h).</summary>
internal readonly ref struct Header
{
    /// <summary>Bytes of text and header that are looked at.</summary>
    public const int Length = 0x1C8;

    private const uint MagicNumber = 0xBEDA107F;

    private readonly ReadOnlySpan<byte> _bytes;

    public Header(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public bool HasMagic => UInt32(0x40) == MagicNumber;

    /// <summary>Major and minor version.</summary>
    public uint Version => UInt32(0x44);

    public ImageType Type => (ImageType)UInt32(0x4C);

    /// <summary>Where the block map is.</summary>
    public uint MapOffset => UInt32(0x154);

    /// <summary>Where the blocks begin.</summary>
    public uint DataOffset => UInt32(0x158);

    /// <summary>Bytes of the disk.</summary>
    public ulong DiskSize => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[0x170..]);

    public uint BlockSize => UInt32(0x178);

    /// <summary>Bytes before each block that are not the disk's.</summary>
    public uint BlockExtra => UInt32(0x17C);

    public uint BlockCount => UInt32(0x180);

    public Guid Id => new(_bytes.Slice(0x188, 16));

    /// <summary>The parent of a differencing disk; empty for none.</summary>
    public Guid ParentId => new(_bytes.Slice(0x1A8, 16));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}
