using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.CramFs;

/// <summary>What the image can have (cramfs_fs.h: CRAMFS_FLAG_*).</summary>
[Flags]
internal enum CramFsFlags : uint
{
    /// <summary>The super block has a checksum, an edition, and counts of blocks and files.</summary>
    FsidVersion2 = 1,

    /// <summary>Names are sorted.</summary>
    SortedDirectories = 2,

    /// <summary>Blocks may be holes.</summary>
    Holes = 0x100,

    /// <summary>The signature may be another.</summary>
    WrongSignature = 0x200,

    /// <summary>The root directory may be anywhere.</summary>
    ShiftedRoot = 0x400,

    /// <summary>Pointers of blocks may say that a block is not compressed, and where it begins.</summary>
    ExtendedPointers = 0x800,

    /// <summary>Those that do not keep an image from being read (CRAMFS_SUPPORTED_FLAGS).</summary>
    Known = 0xFF | Holes | WrongSignature | ShiftedRoot | ExtendedPointers,
}

/// <summary>The super block (cramfs_fs.h: cramfs_super).</summary>
/// <param name="Address">Where it is: at the start, or after 512 bytes that are a boot loader's.</param>
/// <param name="Order">The order of the image's bytes.</param>
/// <param name="Flags">What the image can have.</param>
internal sealed record SuperBlock(long Address, ByteOrder Order, CramFsFlags Flags)
{
    /// <summary>The magic number.</summary>
    public const uint MagicNumber = 0x28CD3D45;

    /// <summary>What the specification is called in errors.</summary>
    public const string Clause = "cramfs_fs.h";

    /// <summary>Where the checksum is in it.</summary>
    public const int ChecksumAt = 32;

    /// <summary>Where the inode of the root directory is in it.</summary>
    public const int RootAt = 64;

    /// <summary>Where it may be.</summary>
    public static readonly long[] Places = [0, 512];

    private const int OwnLength = 76;
    private const int SignatureAt = 16;
    private const int NameAt = 48;
    private const int NameLength = 16;

    // What an image of the first version may have: it does not tell (Linux: 1 << 28).
    private const long MaxLength = 1 << 28;

    /// <summary>Bytes of the image, from its start.</summary>
    public long Length { get; private init; }

    /// <summary>The CRC-32 of all bytes from here on, with zeros in its place; null of an image of the first version.</summary>
    public uint? Checksum { get; private init; }

    /// <summary>Which edition of the image it is, as its maker counts.</summary>
    public uint Edition { get; private init; }

    /// <summary>Blocks of all files; 0 of an image of the first version.</summary>
    public uint Blocks { get; private init; }

    /// <summary>Files; 0 of an image of the first version.</summary>
    public uint Files { get; private init; }

    /// <summary>Its name.</summary>
    public string Label { get; private init; } = string.Empty;

    /// <summary>Where a super block with its signature is; null for nowhere.</summary>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static (long Address, ByteOrder Order)? Find(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[OwnLength];
        foreach (long place in Places)
        {
            if (place > source.Length - OwnLength)
            {
                break;
            }

            source.ReadAt(place, bytes);
            foreach (ByteOrder order in (ReadOnlySpan<ByteOrder>)[new ByteOrder(false), new ByteOrder(true)])
            {
                var flags = (CramFsFlags)order.UInt32(bytes[8..]);
                if (order.UInt32(bytes) == MagicNumber && (bytes[SignatureAt..].StartsWith("Compressed ROMFS"u8) || flags.HasFlag(CramFsFlags.WrongSignature)))
                {
                    return (place, order);
                }
            }
        }

        return null;
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="UnsupportedFeatureException">The image has something that is not known.</exception>
    public static SuperBlock Read(BlockSource source)
    {
        if (Find(source) is not { } found)
        {
            throw new InvalidImageException("cramfs super block", 0, "it is not whole: neither at 0 nor at 0x200 are its magic number and signature", Clause);
        }

        (long address, ByteOrder order) = found;
        Span<byte> bytes = stackalloc byte[OwnLength];
        source.ReadAt(address, bytes);
        var flags = (CramFsFlags)order.UInt32(bytes[8..]);
        if ((flags & ~CramFsFlags.Known) != 0)
        {
            throw new UnsupportedFeatureException($"cramfs with features 0x{(uint)(flags & ~CramFsFlags.Known):X}", Clause);
        }

        bool hasCounts = flags.HasFlag(CramFsFlags.FsidVersion2);
        ReadOnlySpan<byte> name = bytes.Slice(NameAt, NameLength);
        int end = name.IndexOf((byte)0);
        var superBlock = new SuperBlock(address, order, flags)
        {
            Length = hasCounts ? order.UInt32(bytes[4..]) : Math.Min(source.Length, MaxLength),
            Checksum = hasCounts ? order.UInt32(bytes[ChecksumAt..]) : null,
            Edition = hasCounts ? order.UInt32(bytes[36..]) : 0,
            Blocks = hasCounts ? order.UInt32(bytes[40..]) : 0,
            Files = hasCounts ? order.UInt32(bytes[44..]) : 0,
            Label = Encoding.UTF8.GetString(end < 0 ? name : name[..end]),
        };
        return superBlock.Length >= address + OwnLength
            ? superBlock
            : throw new InvalidImageException("cramfs super block", address, $"it says that the image has {superBlock.Length} bytes", Clause);
    }
}
