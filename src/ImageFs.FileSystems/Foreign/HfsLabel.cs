using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Foreign;

/// <summary>The label of Apple's HFS and HFS+, by their volume headers (Inside Macintosh: Files, 2-59; Technical Note TN1150).</summary>
internal static class HfsLabel
{
    private const int HeaderAddress = 1024;
    private const int HeaderLength = 512;
    private const int SectorSize = 512;
    private const int MaxOldName = 27;
    private const int MaxName = 255;
    private const int CatalogFork = 272;
    private const int NodeDescriptor = 14;
    private const uint ParentOfRoot = 1;

    /// <summary>Reads the label of a volume of either; empty when it is damaged.</summary>
    internal static string Read(BlockSource source)
    {
        try
        {
            Span<byte> header = stackalloc byte[HeaderLength];
            source.ReadAt(HeaderAddress, header);
            return IsPlus(header) ? FindName(source, header, 0) : ReadOld(source, header);
        }
        catch (ImageException)
        {
            return string.Empty;
        }
    }

    // HFS+ by version 4, HFSX by version 5 (TN1150, "Volume Header").
    private static bool IsPlus(ReadOnlySpan<byte> header) =>
        (header.StartsWith("H+"u8) && header[3] == 4) || (header.StartsWith("HX"u8) && header[3] == 5);

    // An HFS volume may be but the wrapper of an HFS+ volume (TN1150, "HFS Wrapper").
    private static string ReadOld(BlockSource source, ReadOnlySpan<byte> header)
    {
        if (header[124..].StartsWith("H+"u8))
        {
            long start = (BinaryPrimitives.ReadUInt16BigEndian(header[28..]) * (long)SectorSize)
                + (BinaryPrimitives.ReadUInt16BigEndian(header[126..]) * (long)BinaryPrimitives.ReadUInt32BigEndian(header[20..]));
            Span<byte> inner = stackalloc byte[HeaderLength];
            if (start < source.Length - HeaderAddress - HeaderLength)
            {
                source.ReadAt(start + HeaderAddress, inner);
                if (IsPlus(inner))
                {
                    return FindName(source, inner, start);
                }
            }
        }

        // The name in Mac OS Roman, of which the half that everybody has is shown.
        return Encoding.Latin1.GetString(header.Slice(37, Math.Min((int)header[36], MaxOldName)));
    }

    // The volume's name is that of the root folder: the key of the catalog's first record.
    private static string FindName(BlockSource source, ReadOnlySpan<byte> header, long start)
    {
        try
        {
            long blockSize = BinaryPrimitives.ReadUInt32BigEndian(header[40..]);
            long catalog = start + (BinaryPrimitives.ReadUInt32BigEndian(header[(CatalogFork + 16)..]) * blockSize);
            Span<byte> tree = stackalloc byte[NodeDescriptor + 20];
            source.ReadAt(catalog, tree);
            long leaf = BinaryPrimitives.ReadUInt32BigEndian(tree[(NodeDescriptor + 10)..]) * (long)BinaryPrimitives.ReadUInt16BigEndian(tree[(NodeDescriptor + 18)..]);

            // The key: its length, the parent, the name's length and the name.
            Span<byte> key = stackalloc byte[8];
            source.ReadAt(catalog + leaf + NodeDescriptor, key);
            int length = BinaryPrimitives.ReadUInt16BigEndian(key[6..]);
            if (BinaryPrimitives.ReadUInt32BigEndian(key[2..]) != ParentOfRoot || length > MaxName)
            {
                return string.Empty;
            }

            byte[] name = new byte[length * 2];
            source.ReadAt(catalog + leaf + NodeDescriptor + key.Length, name);
            return Encoding.BigEndianUnicode.GetString(name);
        }
        catch (ImageException)
        {
            return string.Empty;
        }
    }
}
