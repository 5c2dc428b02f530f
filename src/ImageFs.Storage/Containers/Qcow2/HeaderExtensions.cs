using System.Buffers.Binary;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>What the header extensions tell; those that are not known may be passed over (qcow2: Header extensions).</summary>
internal sealed class HeaderExtensions
{
    private const string Structure = "qcow2 header extension";
    private const int HeaderLength = 8;
    private const int FeatureNameLength = 48;

    // Names of files and features: what is longer is passed over or refused.
    private const int MaxLength = 64 * 1024;

    private const uint End = 0;
    private const uint BackingFormatType = 0xE2792ACA;
    private const uint FeatureNamesType = 0x6803F857;
    private const uint DataFileType = 0x44415441;

    private readonly Dictionary<int, string> _incompatibleNames = [];

    /// <summary>The backing file's format, by qemu's name; null when it is not told.</summary>
    public string? BackingFormat { get; private set; }

    /// <summary>The name of the external data file; null when there is none.</summary>
    public string? DataFile { get; private set; }

    /// <summary>Reads all of them.</summary>
    /// <param name="source">The file.</param>
    /// <param name="start">Where they begin.</param>
    /// <param name="end">Where the first cluster ends, or something else begins in it.</param>
    /// <exception cref="InvalidImageException">One of them runs past the end.</exception>
    /// <exception cref="ImageException">The bytes cannot be had.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static HeaderExtensions Read(BlockSource source, long start, long end)
    {
        var extensions = new HeaderExtensions();
        Span<byte> header = stackalloc byte[HeaderLength];
        for (long address = start; address + HeaderLength <= end;)
        {
            source.ReadAt(address, header);
            uint type = BinaryPrimitives.ReadUInt32BigEndian(header);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
            if (type == End)
            {
                break;
            }

            address += HeaderLength;
            if (length > end - address)
            {
                throw new InvalidImageException(Structure, address - HeaderLength, $"its {length} bytes run past 0x{end:X}", "qcow2: Header extensions");
            }

            extensions.Add(source, type, address, length);
            address += (length + 7) & ~7L;
        }

        return extensions;
    }

    /// <summary>The name of an incompatible feature, as the image itself has it or by its bit.</summary>
    public string NameOf(int bit) => _incompatibleNames.GetValueOrDefault(bit) ?? $"feature bit {bit}";

    private void Add(BlockSource source, uint type, long address, uint length)
    {
        if (type is not (BackingFormatType or DataFileType or FeatureNamesType))
        {
            return;
        }

        if (length > MaxLength)
        {
            throw new InvalidImageException(Structure, address - HeaderLength, $"{length} bytes are more than a name has");
        }

        byte[] bytes = new byte[length];
        source.ReadAt(address, bytes);
        if (type == BackingFormatType)
        {
            BackingFormat = Encoding.UTF8.GetString(bytes);
        }
        else if (type == DataFileType)
        {
            DataFile = ByteText.FromBytes(bytes);
        }
        else
        {
            AddNames(bytes);
        }
    }

    // Type, bit, and 46 bytes of a name padded by zeros.
    private void AddNames(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= FeatureNameLength; bytes = bytes[FeatureNameLength..])
        {
            if (bytes[0] == 0)
            {
                _incompatibleNames[bytes[1]] = Encoding.UTF8.GetString(bytes[2..FeatureNameLength].TrimEnd((byte)0));
            }
        }
    }
}
