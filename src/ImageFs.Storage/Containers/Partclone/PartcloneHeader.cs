using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace ImageFs.Storage.Containers.Partclone;

/// <summary>How blocks are checked (partclone: checksum_mode_enum).</summary>
internal enum ChecksumMode
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>By CRC-32, not inverted at the end.</summary>
    Crc32 = 0x20,

    /// <summary>By XXH64.</summary>
    XxHash64 = 0x30,

    /// <summary>By CRC-32 as version 0001 has it: of the first byte of a block, as often as the block has bytes.</summary>
    Crc32Of0001 = 0xFF,
}

/// <summary>What the start of an image says (partclone: image_desc_v1, image_desc_v2).</summary>
internal sealed record PartcloneHeader
{
    /// <summary>What an image begins with.</summary>
    public const string Magic = "partclone-image";

    private const string Clause = "partclone: IMAGE_FORMATS";
    private const int VersionOffset = 30;
    private const int Length1 = 4160;
    private const int Length2 = 110;
    private const int CrcOffset = Length2 - sizeof(uint);
    private const uint MaxBlockSize = 64 << 20;

    // 2 TiB of a volume with blocks of 512 bytes, 16 TiB of most.
    private const ulong MaxBlocks = 1UL << 32;

    private PartcloneHeader()
    {
    }

    /// <summary>1 or 2.</summary>
    public int Version { get; private init; }

    /// <summary>The program that made it: "0.3.23"; empty where it is not told.</summary>
    public string Program { get; private init; } = string.Empty;

    /// <summary>What is in it, as partclone has it: "EXTFS".</summary>
    public string FileSystem { get; private init; } = string.Empty;

    /// <summary>Bytes of the volume.</summary>
    public long DeviceLength { get; private init; }

    /// <summary>Blocks of the file system.</summary>
    public long Blocks { get; private init; }

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; private init; }

    /// <summary>How blocks are checked.</summary>
    public ChecksumMode Checksum { get; private init; }

    /// <summary>Bytes of a checksum.</summary>
    public int ChecksumSize { get; private init; }

    /// <summary>Blocks that are there, of which one checksum is; 0 for none.</summary>
    public uint BlocksPerChecksum { get; private init; }

    /// <summary>Whether each checksum is of its blocks alone, and not of all before too.</summary>
    public bool StartsAnew { get; private init; }

    /// <summary>Where the bitmap begins.</summary>
    public long Bitmap { get; private init; }

    /// <summary>Whether the bitmap has a byte for each block, and not a bit.</summary>
    public bool HasByteMap { get; private init; }

    /// <summary>Bytes of the bitmap.</summary>
    public long BitmapLength => HasByteMap ? Blocks : (Blocks + 7) / 8;

    /// <summary>Where the first block is.</summary>
    public long Data => Bitmap + BitmapLength + (Version == 1 ? BlockBitmap.Signature.Length : sizeof(uint));

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The file ends in it.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of another version, or has what is not known.</exception>
    public static PartcloneHeader Read(BlockSource file)
    {
        Span<byte> bytes = stackalloc byte[Length2];
        file.ReadAt(0, bytes);
        if (!bytes.StartsWith(Encoding.ASCII.GetBytes(Magic)))
        {
            throw Invalid(0, "it has no magic number");
        }

        string version = Encoding.ASCII.GetString(bytes.Slice(VersionOffset, 4));
        PartcloneHeader header = version switch
        {
            "0001" => Read1(bytes),
            "0002" => Read2(bytes),
            _ => throw new UnsupportedFeatureException($"partclone image of version {version}", Clause),
        };
        return header.Data <= file.Length
            ? header
            : throw new TruncatedImageException($"the partclone image has {file.Length} bytes, and its bitmap of {header.Blocks} blocks ends at 0x{header.Data:X}");
    }

    /// <summary>Bytes of a checksum that old programs of 64 bits wrote in version 0001.</summary>
    internal PartcloneHeader WithLongChecksums() => this with { ChecksumSize = sizeof(ulong) };

    /// <summary>CRC-32 as partclone has it: not inverted at the end.</summary>
    internal static uint Crc(ReadOnlySpan<byte> bytes) => ~Crc32.HashToUInt32(bytes);

    /// <summary>The error of a structure.</summary>
    internal static InvalidImageException Invalid(string structure, long address, string problem) => new($"partclone {structure}", address, problem, Clause);

    private static PartcloneHeader Read1(ReadOnlySpan<byte> bytes) => Check(
        bytes, BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]), UInt64(bytes, 40), UInt64(bytes, 48)) with
    {
        Version = 1,
        FileSystem = Text(bytes.Slice(15, 15)),
        Checksum = ChecksumMode.Crc32Of0001,
        ChecksumSize = sizeof(uint),
        BlocksPerChecksum = 1,
        Bitmap = Length1,
        HasByteMap = true,
    };

    private static PartcloneHeader Read2(ReadOnlySpan<byte> bytes)
    {
        switch (BinaryPrimitives.ReadUInt16LittleEndian(bytes[34..]))
        {
            case 0xC0DE:
                break;
            case 0xDEC0:
                throw new UnsupportedFeatureException("partclone image of a big-endian machine", Clause);
            case var marker:
                throw Invalid(34, $"its byte order is 0x{marker:X4}");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) != Crc(bytes[..CrcOffset]))
        {
            throw Invalid(CrcOffset, "its checksum is wrong");
        }

        var mode = (ChecksumMode)BinaryPrimitives.ReadUInt16LittleEndian(bytes[96..]);
        int size = mode switch
        {
            ChecksumMode.None => 0,
            ChecksumMode.Crc32 => sizeof(uint),
            ChecksumMode.XxHash64 => sizeof(ulong),
            _ => throw new UnsupportedFeatureException($"partclone image with checksums of mode 0x{(int)mode:X}", Clause),
        };
        uint perChecksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[100..]);
        int found = BinaryPrimitives.ReadUInt16LittleEndian(bytes[98..]);
        if (found != size || (size > 0 && perChecksum == 0))
        {
            throw Invalid(98, $"it has checksums of {found} bytes for each {perChecksum} blocks, and those of mode {mode} have {size}");
        }

        byte map = bytes[105];
        return map is 1 or 8
            ? Check(bytes, BinaryPrimitives.ReadUInt32LittleEndian(bytes[84..]), UInt64(bytes, 52), UInt64(bytes, 60)) with
            {
                Version = 2,
                Program = Text(bytes.Slice(16, 14)),
                FileSystem = Text(bytes.Slice(36, 16)),
                Checksum = mode,
                ChecksumSize = size,
                BlocksPerChecksum = size == 0 ? 0 : perChecksum,
                StartsAnew = bytes[104] != 0,
                Bitmap = Length2,
                HasByteMap = map == 8,
            }
            : throw new UnsupportedFeatureException($"partclone image with a bitmap of mode {map}", Clause);
    }

    private static PartcloneHeader Check(ReadOnlySpan<byte> bytes, uint blockSize, ulong length, ulong blocks)
    {
        bool isTooMuch = blockSize is 0 or > MaxBlockSize || blocks > MaxBlocks || length > MaxBlocks * MaxBlockSize;
        return isTooMuch
            ? throw Invalid(bytes[33] == '1' ? 36 : 52, $"it has {length} bytes in {blocks} blocks of {blockSize}")
            : new PartcloneHeader
            {
                BlockSize = (int)blockSize,
                Blocks = (long)blocks,
                DeviceLength = length > 0 ? (long)length : checked((long)blocks * blockSize),
            };
    }

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static InvalidImageException Invalid(long address, string problem) => Invalid("header", address, problem);
}
