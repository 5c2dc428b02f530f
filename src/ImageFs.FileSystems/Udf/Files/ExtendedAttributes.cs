using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>The extended attributes in a file entry: those that stat(2) tells of (ECMA-167 4/14.10).</summary>
internal static class ExtendedAttributes
{
    private const int HeaderLength = 24;
    private const int MinLength = 12;
    private const uint FileTimes = 5;
    private const uint DeviceSpecification = 12;
    private const byte Subtype = 1;

    /// <summary>The device that a node is of (4/14.10.7).</summary>
    /// <exception cref="InvalidImageException">It is not told, or the attributes are damaged.</exception>
    public static DeviceNumber ReadDevice(FileEntry entry)
    {
        ReadOnlySpan<byte> attribute = Find(entry, DeviceSpecification, out string? problem);
        if (problem is not null)
        {
            throw new InvalidImageException(
                TagIdentifier.ExtendedAttributeHeaderDescriptor.ToName(),
                entry.Address + entry.DescriptorsPlace - entry.Attributes.Length,
                problem,
                TagIdentifier.ExtendedAttributeHeaderDescriptor.ToClause());
        }

        return attribute.Length >= 24
            ? new DeviceNumber(BinaryPrimitives.ReadUInt32LittleEndian(attribute[16..]), BinaryPrimitives.ReadUInt32LittleEndian(attribute[20..]))
            : throw entry.Invalid("the device has no device specification (4/14.10.7)");
    }

    /// <summary>The time of creation (4/14.10.5); null when it is not told. Damage to attributes does not take the file down.</summary>
    public static Timestamp? ReadCreationTime(FileEntry entry)
    {
        ReadOnlySpan<byte> attribute = Find(entry, FileTimes, out _);
        bool isTold = attribute.Length >= 20 + TimeStamp.Length && (BinaryPrimitives.ReadUInt32LittleEndian(attribute[16..]) & 1) != 0;
        return isTold ? TimeStamp.Read(attribute[20..]) : null;
    }

    /// <summary>An attribute of ECMA-167, from its type on; empty when the file has none of that type.</summary>
    private static ReadOnlySpan<byte> Find(FileEntry entry, uint type, out string? problem)
    {
        problem = null;
        ReadOnlySpan<byte> attributes = entry.Attributes;
        if (attributes.Length < HeaderLength)
        {
            return default;
        }

        problem = DescriptorTag.FindDamage(attributes, entry.Location.Block, TagIdentifier.ExtendedAttributeHeaderDescriptor);
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

        return default;
    }
}
