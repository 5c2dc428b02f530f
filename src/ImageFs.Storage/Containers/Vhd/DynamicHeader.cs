using System.Buffers.Binary;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Vhd;

/// <summary>The header of a disk that is not fixed (VHD: Dynamic Disk Header Format).</summary>
internal readonly ref struct DynamicHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 1024;

    /// <summary>How many places of the parent there may be.</summary>
    public const int LocatorCount = 8;

    private const int LocatorLength = 24;

    private readonly ReadOnlySpan<byte> _bytes;

    public DynamicHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether magic number and checksum are right.</summary>
    public bool IsValid => _bytes.StartsWith("cxsparse"u8) && Checksum.IsValid(_bytes, 36);

    /// <summary>Where the block allocation table is.</summary>
    public ulong TableOffset => BinaryPrimitives.ReadUInt64BigEndian(_bytes[16..]);

    public uint MaxTableEntries => BinaryPrimitives.ReadUInt32BigEndian(_bytes[28..]);

    /// <summary>Bytes of a block, without its sector bitmap.</summary>
    public uint BlockSize => BinaryPrimitives.ReadUInt32BigEndian(_bytes[32..]);

    public Guid ParentUniqueId => new(_bytes.Slice(40, 16), bigEndian: true);

    /// <summary>The parent's file name; it may be a path.</summary>
    public string ParentName => Encoding.BigEndianUnicode.GetString(_bytes.Slice(64, 512)).TrimEnd('\0');

    /// <summary>A place of the parent: by which platform's rules, and where its path is in this file.</summary>
    public (uint Platform, ulong Offset, uint Length) Locator(int number)
    {
        ReadOnlySpan<byte> locator = _bytes.Slice(576 + (number * LocatorLength), LocatorLength);
        return (
            BinaryPrimitives.ReadUInt32BigEndian(locator),
            BinaryPrimitives.ReadUInt64BigEndian(locator[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(locator[8..]));
    }
}

/// <summary>Finds the parent of a differencing disk: by the paths that its header leads to (VHD: Parent Locators).</summary>
internal static class ParentLocator
{
    private const uint RelativeUnicode = 0x57327275; // W2ru
    private const uint AbsoluteUnicode = 0x57326B75; // W2ku
    private const uint MacUrl = 0x4D616358; // MacX
    private const uint MaxLength = 64 * 1024;

    /// <summary>The best path that there is: a relative one, or a name beside the image.</summary>
    /// <exception cref="InvalidImageException">There is none, or it is no path.</exception>
    public static string Find(BlockSource file, DynamicHeader header)
    {
        foreach (uint platform in (ReadOnlySpan<uint>)[RelativeUnicode, MacUrl, AbsoluteUnicode])
        {
            for (int i = 0; i < DynamicHeader.LocatorCount; i++)
            {
                (uint found, ulong offset, uint length) = header.Locator(i);
                if (found == platform && length > 0)
                {
                    return Convert(platform, Read(file, offset, length));
                }
            }
        }

        return header.ParentName.Length > 0
            ? WindowsPath.Convert(header.ParentName)
            : throw new InvalidImageException("vhd parent locator", 0, "there is none, and the header has no name", "VHD: Parent Locators");
    }

    private static byte[] Read(BlockSource file, ulong offset, uint length)
    {
        if (length > MaxLength || offset > (ulong)file.Length || length > file.Length - (long)offset)
        {
            throw new InvalidImageException("vhd parent locator", 0, $"its {length} bytes at 0x{offset:X} are too many, or run past the end of the file", "VHD: Parent Locators");
        }

        byte[] bytes = new byte[length];
        file.ReadAt((long)offset, bytes);
        return bytes;
    }

    private static string Convert(uint platform, byte[] path)
    {
        if (platform != MacUrl)
        {
            return WindowsPath.Convert(Encoding.Unicode.GetString(path));
        }

        const string Local = "file://";
        string url = ByteText.FromBytes(path).TrimEnd('\0');
        string unescaped = Uri.UnescapeDataString(url.StartsWith(Local, StringComparison.Ordinal) ? url[Local.Length..] : url);
        return WindowsPath.Convert(unescaped.StartsWith("localhost/", StringComparison.Ordinal) ? unescaped["localhost".Length..] : unescaped);
    }
}
