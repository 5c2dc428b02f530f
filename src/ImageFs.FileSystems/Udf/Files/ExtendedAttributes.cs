using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>
/// The extended attributes of a file that stat(2) shows: those in its entry, and those in a file of their own (ECMA-167 4/9.1, 4/14.10).
/// </summary>
internal static class ExtendedAttributes
{
    private const int HeaderLength = 24;
    private const int MinLength = 12;
    private const int MaxSpace = 64 * 1024;
    private const uint FileTimes = 5;
    private const uint DeviceSpecification = 12;
    private const byte Subtype = 1;

    /// <summary>The device that a node is of (4/14.10.7).</summary>
    /// <exception cref="ImageException">It is not told, or the attributes are damaged.</exception>
    public static DeviceNumber ReadDevice(UdfVolume volume, FileEntry entry)
    {
        ReadOnlySpan<byte> attribute = Find(volume, entry, DeviceSpecification);
        return attribute.Length >= 24
            ? new DeviceNumber(BinaryPrimitives.ReadUInt32LittleEndian(attribute[16..]), BinaryPrimitives.ReadUInt32LittleEndian(attribute[20..]))
            : throw entry.Invalid("the device has no device specification (4/14.10.7)");
    }

    /// <summary>The time of creation (4/14.10.5); null when it is not told. Damage to attributes does not take the file down.</summary>
    public static Timestamp? ReadCreationTime(UdfVolume volume, FileEntry entry)
    {
        try
        {
            ReadOnlySpan<byte> attribute = Find(volume, entry, FileTimes);
            bool isTold = attribute.Length >= 20 + UdfTime.Length && (BinaryPrimitives.ReadUInt32LittleEndian(attribute[16..]) & 1) != 0;
            return isTold ? UdfTime.Read(attribute[20..]) : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }

    /// <summary>An attribute of ECMA-167, from its type on; empty when the file has none of that type.</summary>
    private static ReadOnlySpan<byte> Find(UdfVolume volume, FileEntry entry, uint type)
    {
        long place = entry.Address + entry.DescriptorsPlace - entry.Attributes.Length;
        ReadOnlySpan<byte> attribute = Find(entry.Attributes, entry.Location.Block, place, type);
        if (!attribute.IsEmpty || entry.AttributesIcb.Length == 0)
        {
            return attribute;
        }

        // The location in the tag of a header in a file is not checked: which block it is of is not said.
        byte[] space = ReadSpace(volume, entry.AttributesIcb.Start, out long address);
        return Find(space, null, address, type);
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, uint? location, long address, uint type)
    {
        if (attributes.Length < HeaderLength)
        {
            return default;
        }

        string? problem = DescriptorTag.FindDamage(
            attributes, location ?? new DescriptorTag(attributes).Location, TagIdentifier.ExtendedAttributeHeaderDescriptor);
        attributes = attributes[HeaderLength..];
        while (problem is null && attributes.Length >= MinLength)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(attributes[8..]);
            if (length < MinLength || length > attributes.Length)
            {
                problem = $"an attribute of {length} bytes does not lie in their space";
                break;
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(attributes) == type && attributes[4] == Subtype)
            {
                return attributes[..(int)length];
            }

            attributes = attributes[(int)length..];
        }

        return problem is null
            ? default
            : throw new InvalidImageException(
                TagIdentifier.ExtendedAttributeHeaderDescriptor.ToName(), address, problem, TagIdentifier.ExtendedAttributeHeaderDescriptor.ToClause());
    }

    /// <summary>All of a file with attributes.</summary>
    private static byte[] ReadSpace(UdfVolume volume, LogicalBlock icb, out long address)
    {
        using var block = new PooledBuffer(volume.BlockSize);
        FileEntry file = volume.ReadFileEntry(icb, block.Span);
        if (file.FileType != FileType.ExtendedAttributes)
        {
            throw file.Invalid($"it is of type {(byte)file.FileType}, and not of extended attributes (4/14.6.6)");
        }

        MappedSource contents = volume.OpenContents(file);
        if (contents.Length > MaxSpace)
        {
            throw new UnsupportedFeatureException($"{contents.Length} bytes of extended attributes in a file of their own", "ECMA-167 4/9.1");
        }

        byte[] space = new byte[contents.Length];
        volume.ReadAt(contents, 0, space);
        address = space.Length == 0 ? file.Address : volume.FindAddress(contents, 0);
        return space;
    }
}
