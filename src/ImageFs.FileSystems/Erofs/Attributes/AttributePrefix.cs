using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Attributes;

/// <summary>What names of attributes begin with that have a number for it (EROFS_XATTR_INDEX_*).</summary>
internal static class AttributeIndex
{
    public const byte User = 1;
    public const byte AccessList = 2;
    public const byte DefaultAccessList = 3;

    /// <summary>EROFS_XATTR_LONG_PREFIX: the rest is the number of a long prefix.</summary>
    public const byte LongPrefix = 0x80;

    private const byte Trusted = 4;
    private const byte Security = 6;

    /// <summary>The prefix; empty where names with it are not shown.</summary>
    public static ReadOnlySpan<byte> Prefix(byte index) => index switch
    {
        User => "user."u8,
        AccessList => "system.posix_acl_access"u8,
        DefaultAccessList => "system.posix_acl_default"u8,
        Trusted => "trusted."u8,
        Security => "security."u8,
        _ => [],
    };
}

/// <summary>A long prefix of names of attributes (erofs_xattr_long_prefix).</summary>
/// <param name="Index">The prefix that it begins with.</param>
/// <param name="Infix">What follows that.</param>
internal sealed record AttributePrefix(byte Index, byte[] Infix)
{
    private const int MaxInfix = 255;
    private const int Alignment = 4;

    /// <summary>Reads all of them: from the metabox, the packed inode, or the volume itself.</summary>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static IReadOnlyList<AttributePrefix> ReadAll(ErofsVolume volume)
    {
        Geometry geometry = volume.Geometry;
        if (geometry.AttributePrefixes == 0)
        {
            return [];
        }

        BlockSource source = geometry.Compatible.HasFlag(CompatibleFeatures.PlainAttributePrefixes) ? volume.Primary
            : geometry.MetaboxNode != 0 ? volume.MetadataSource(isInMetabox: true)
            : geometry.PackedNode != 0 ? volume.Packed
            : volume.Primary;
        var prefixes = new List<AttributePrefix>(geometry.AttributePrefixes);
        long address = geometry.AttributePrefixStart;
        Span<byte> header = stackalloc byte[sizeof(ushort)];
        while (prefixes.Count < geometry.AttributePrefixes)
        {
            address = Geometry.Align(address, Alignment);
            source.ReadAt(address, header);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(header);
            if (length is 0 or > MaxInfix + 1)
            {
                throw new InvalidImageException("erofs_xattr_long_prefix", address, $"it has {length} bytes");
            }

            byte[] bytes = new byte[length];
            source.ReadAt(address + header.Length, bytes);
            prefixes.Add(new AttributePrefix(bytes[0], bytes[1..]));
            address += header.Length + length;
        }

        return prefixes;
    }
}
