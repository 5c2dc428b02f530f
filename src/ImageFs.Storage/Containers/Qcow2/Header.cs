using System.Buffers.Binary;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>The header that the file begins with; all numbers are big-endian (qcow2: Header).</summary>
internal readonly ref struct Header
{
    /// <summary>Bytes of the header of version 2, which that of version 3 begins with.</summary>
    public const int MinLength = 72;

    private const int LengthV3 = 104;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The beginning of the file.</param>
    public Header(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, MinLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>The magic number: <c>QFI\xfb</c>.</summary>
    public static ReadOnlySpan<byte> Magic => [(byte)'Q', (byte)'F', (byte)'I', 0xFB];

    public uint Version => UInt32(4);

    /// <summary>Where the backing file's name is; 0 for none.</summary>
    public ulong BackingFileOffset => UInt64(8);

    /// <summary>Bytes of the name.</summary>
    public uint BackingFileSize => UInt32(16);

    /// <summary>Base-2 logarithm of the bytes in a cluster.</summary>
    public uint ClusterBits => UInt32(20);

    /// <summary>Bytes of the disk.</summary>
    public ulong Size => UInt64(24);

    /// <summary>0 none, 1 AES, 2 LUKS.</summary>
    public uint CryptMethod => UInt32(32);

    /// <summary>Entries of the L1 table.</summary>
    public uint L1Size => UInt32(36);

    /// <summary>Where the L1 table is.</summary>
    public ulong L1TableOffset => UInt64(40);

    public uint SnapshotCount => UInt32(60);

    /// <summary>Where the snapshot table is.</summary>
    public ulong SnapshotsOffset => UInt64(64);

    public IncompatibleFeatures IncompatibleFeatures => IsOfVersion3 ? (IncompatibleFeatures)UInt64(72) : IncompatibleFeatures.None;

    public ulong CompatibleFeatures => IsOfVersion3 ? UInt64(80) : 0;

    public ulong AutoclearFeatures => IsOfVersion3 ? UInt64(88) : 0;

    /// <summary>Bytes of the header: its extensions follow. 0 where the file ends before they are told.</summary>
    public uint Length => !IsOfVersion3 ? MinLength : _bytes.Length >= LengthV3 ? UInt32(100) : 0;

    /// <summary>0 zlib, 1 zstd.</summary>
    public byte CompressionType => Length > LengthV3 && _bytes.Length > LengthV3 ? _bytes[LengthV3] : (byte)0;

    /// <summary>Whether the bytes are enough for the version's header.</summary>
    public bool IsWhole => Version < 3 || (_bytes.Length >= LengthV3 && Length >= LengthV3);

    private bool IsOfVersion3 => Version >= 3;

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_bytes[offset..]);
}

/// <summary>incompatible_features: a reader must know every one of them (qcow2: Header).</summary>
[Flags]
internal enum IncompatibleFeatures : ulong
{
    None = 0,

    /// <summary>Reference counts may be wrong: nothing to a reader.</summary>
    Dirty = 0x1,

    /// <summary>Some table is damaged.</summary>
    Corrupt = 0x2,

    /// <summary>Clusters lie in another file.</summary>
    ExternalDataFile = 0x4,

    /// <summary>The header has a compression type other than zlib.</summary>
    CompressionType = 0x8,

    /// <summary>L2 entries have 16 bytes, with a bitmap of 32 subclusters.</summary>
    ExtendedL2 = 0x10,

    /// <summary>Those that are read.</summary>
    Known = Dirty | Corrupt | ExternalDataFile | CompressionType | ExtendedL2,
}

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
    /// <exception cref="ImageException">The bytes cannot be read.</exception>
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

/// <summary>How the tables of a file are to be read.</summary>
/// <param name="Version">2 or 3.</param>
/// <param name="ClusterBits">Base-2 logarithm of the bytes in a cluster.</param>
/// <param name="HasSubclusters">Whether L2 entries have a bitmap of subclusters.</param>
/// <param name="Codec">How compressed clusters are encoded.</param>
internal sealed record Qcow2Layout(uint Version, int ClusterBits, bool HasSubclusters, Codec Codec)
{
    /// <summary>Bytes in a cluster.</summary>
    public int ClusterSize => 1 << ClusterBits;
}

/// <summary>Where an L1 table is.</summary>
/// <param name="Address">Its first byte in the file.</param>
/// <param name="Count">Its entries.</param>
internal readonly record struct TablePlace(ulong Address, uint Count);
