using System.Buffers.Binary;
using ImageFs.FileSystems.Checksums;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Makes the structures of UDF as bytes.</summary>
internal static class UdfBytes
{
    public static byte[] U16(int value) => BitConverter.GetBytes(unchecked((ushort)value));

    public static byte[] U32(long value) => BitConverter.GetBytes(unchecked((uint)value));

    public static byte[] U64(long value) => BitConverter.GetBytes(value);

    public static byte[] Address(LogicalBlock block) => [.. U32(block.Block), .. U16(block.Partition)];

    /// <summary>extent_ad (3/7.1).</summary>
    public static byte[] Extent(long length, uint location) => [.. U32(length), .. U32(location)];

    /// <summary>short_ad (4/14.14.1).</summary>
    public static byte[] Short(long length, uint block, AllocationType type = AllocationType.Recorded) =>
        [.. U32(length | ((long)type << 30)), .. U32(block)];

    /// <summary>long_ad (4/14.14.2).</summary>
    public static byte[] Long(long length, LogicalBlock block, AllocationType type = AllocationType.Recorded) =>
        [.. U32(length | ((long)type << 30)), .. Address(block), .. new byte[6]];

    /// <summary>ext_ad (4/14.14.3).</summary>
    public static byte[] Extended(long length, long recorded, long information, LogicalBlock block, AllocationType type = AllocationType.Recorded) =>
        [.. U32(length | ((long)type << 30)), .. U32(recorded), .. U32(information), .. Address(block), 0, 0];

    /// <summary>regid (1/7.4).</summary>
    public static byte[] Entity(ReadOnlySpan<byte> identifier, int revision = 0x0250)
    {
        byte[] bytes = new byte[EntityIdentifier.Length];
        identifier.CopyTo(bytes.AsSpan(1));
        U16(revision).CopyTo(bytes, 24);
        return bytes;
    }

    /// <summary>Compressed Unicode: of eight bits if that is enough (UDF 2.1.1).</summary>
    public static byte[] Text(string text) =>
        text.All(unit => unit <= 0xFF)
            ? [8, .. text.Select(unit => (byte)unit)]
            : [16, .. text.SelectMany(unit => (byte[])[(byte)(unit >> 8), (byte)(unit & 0xFF)])];

    /// <summary>dstring (1/7.2.12).</summary>
    public static byte[] Field(string text, int length)
    {
        byte[] bytes = new byte[length];
        byte[] recorded = Text(text);
        recorded.CopyTo(bytes, 0);
        bytes[^1] = (byte)recorded.Length;
        return bytes;
    }

    /// <summary>timestamp (1/7.3).</summary>
    public static byte[] Time(int typeAndZone, int year, params byte[] rest) => [.. U16(typeAndZone), .. U16(year), .. rest];

    /// <summary>A descriptor of some fields, with its tag.</summary>
    public static byte[] Descriptor(TagIdentifier identifier, uint location, int length, params (int Place, byte[] Bytes)[] fields)
    {
        byte[] bytes = new byte[length];
        foreach ((int place, byte[] field) in fields)
        {
            field.CopyTo(bytes, place);
        }

        return Seal(bytes, identifier, location);
    }

    /// <summary>Puts a tag in front of a descriptor: the CRC is over all of it.</summary>
    public static byte[] Seal(byte[] descriptor, TagIdentifier identifier, uint location, int version = 3)
    {
        U16((int)identifier).CopyTo(descriptor, 0);
        U16(version).CopyTo(descriptor, 2);
        U16(descriptor.Length - DescriptorTag.Length).CopyTo(descriptor, 10);
        U32(location).CopyTo(descriptor, 12);
        U16(Crc16Xmodem.Compute(descriptor.AsSpan(DescriptorTag.Length))).CopyTo(descriptor, 8);
        return SealTag(descriptor);
    }

    /// <summary>Makes the checksum of a tag right.</summary>
    public static byte[] SealTag(byte[] descriptor)
    {
        descriptor[4] = 0;
        descriptor[4] = unchecked((byte)descriptor.Take(DescriptorTag.Length).Sum(value => value));
        return descriptor;
    }

    /// <summary>File identifier descriptor (4/14.4).</summary>
    public static byte[] Identifier(
        byte[] name, LogicalBlock icb, FileCharacteristics characteristics = FileCharacteristics.None, uint location = 0, byte[]? use = null)
    {
        use ??= [];
        byte[] bytes = new byte[(FileIdentifier.FixedLength + use.Length + name.Length + 3) & ~3];
        U16(1).CopyTo(bytes, 16);
        bytes[18] = (byte)characteristics;
        bytes[19] = (byte)name.Length;
        Long(2048, icb).CopyTo(bytes, 20);
        U16(use.Length).CopyTo(bytes, 36);
        use.CopyTo(bytes, FileIdentifier.FixedLength);
        name.CopyTo(bytes, FileIdentifier.FixedLength + use.Length);
        return Seal(bytes, TagIdentifier.FileIdentifierDescriptor, location);
    }

    public static byte[] Identifier(string name, LogicalBlock icb, FileCharacteristics characteristics = FileCharacteristics.None) =>
        Identifier(name.Length == 0 ? [] : Text(name), icb, characteristics);

    /// <summary>An attribute (4/14.10.2), after its header when it is the only one.</summary>
    public static byte[] Attribute(uint type, params byte[] rest) => [.. U32(type), 1, 0, 0, 0, .. U32(12 + rest.Length), .. rest];

    /// <summary>Attributes after their header (4/14.10.1).</summary>
    public static byte[] Attributes(uint location, params byte[][] attributes) =>
    [
        .. Descriptor(TagIdentifier.ExtendedAttributeHeaderDescriptor, location, 24, (16, U32(-1)), (20, U32(-1))),
        .. attributes.SelectMany(attribute => attribute),
    ];

    /// <summary>A path component (4/14.16.1).</summary>
    public static byte[] Component(byte type, byte[]? name = null) => [type, (byte)(name?.Length ?? 0), 0, 0, .. name ?? []];

    public static uint ReadU32(this byte[] bytes, int place) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(place));
}
