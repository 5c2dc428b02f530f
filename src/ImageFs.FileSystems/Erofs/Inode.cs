using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs;

/// <summary>How the data of an inode lies (EROFS_INODE_*).</summary>
internal enum DataLayout
{
    /// <summary>In blocks that follow each other.</summary>
    Plain = 0,

    /// <summary>Compressed, with an index of eight bytes for each logical cluster, or with records of extents.</summary>
    CompressedFull = 1,

    /// <summary>As plain, but the last block, or a part of one, is behind the inode.</summary>
    Inline = 2,

    /// <summary>Compressed, with an index of two or four bytes for each logical cluster.</summary>
    CompressedCompact = 3,

    /// <summary>In chunks, each of them anywhere.</summary>
    Chunks = 4,
}

/// <summary>An inode (erofs_inode_compact, erofs_inode_extended).</summary>
internal readonly record struct Inode
{
    /// <summary>The block number of data that is nowhere (EROFS_NULL_ADDR).</summary>
    public const ulong NoBlock = ulong.MaxValue;

    /// <summary>Bytes of a compact one.</summary>
    public const int CompactSize = 32;

    /// <summary>Bytes of an extended one.</summary>
    public const int ExtendedSize = 64;

    private const int KnownFormat = 0x1F;
    private const int SingleLink = 0x10;
    private const int AttributeHeaderSize = 12;
    private const uint MaxNanoseconds = 999_999_999;
    private const ulong Low32 = uint.MaxValue;
    private const ulong Low48 = (1ul << 48) - 1;

    /// <summary>The node that it is of.</summary>
    public ulong Node { get; private init; }

    /// <summary>Where it begins, in bytes of the volume or of the metabox.</summary>
    public long Address { get; private init; }

    /// <summary>i_mode.</summary>
    public ushort Mode { get; private init; }

    public DataLayout Layout { get; private init; }

    /// <summary>Where its attributes begin, where it has any.</summary>
    public long AttributesAddress { get; private init; }

    /// <summary>Bytes of its attributes.</summary>
    public int AttributesSize { get; private init; }

    public uint LinkCount { get; private init; }

    public uint Uid { get; private init; }

    public uint Gid { get; private init; }

    /// <summary>i_size, in bytes.</summary>
    public long Size { get; private init; }

    public Timestamp Time { get; private init; }

    /// <summary>i_u: a block, a device or the format of chunks.</summary>
    public uint Data { get; private init; }

    /// <summary>The first block of data that is not compressed; <see cref="NoBlock"/> where that is all a hole.</summary>
    public ulong StartBlock { get; private init; }

    /// <summary>Whether the directory has no entry of ".".</summary>
    public bool OmitsDot { get; private init; }

    public bool IsInMetabox => (Node & NodeNumber.InMetabox) != 0;

    public bool IsCompressed => Layout is DataLayout.CompressedFull or DataLayout.CompressedCompact;

    /// <summary>Where what follows the inode and its attributes begins: data, or its indexes.</summary>
    public long BodyAddress => AttributesAddress + AttributesSize;

    public NodeType Type => (NodeType)(Mode >> 12);

    /// <summary>The device of a device node.</summary>
    public DeviceNumber Device => DeviceNumber.Unpack(Data);

    /// <summary>Reads an inode.</summary>
    /// <param name="volume">The file system.</param>
    /// <param name="node">The node.</param>
    /// <exception cref="ImageException">It is damaged, not read, or not there.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static Inode Read(ErofsVolume volume, ulong node)
    {
        bool isInMetabox = (node & NodeNumber.InMetabox) != 0;
        BlockCache metadata = volume.Metadata(isInMetabox);
        ulong number = node & ~NodeNumber.InMetabox;
        long start = isInMetabox ? 0 : volume.Geometry.MetadataStart;
        long address = number <= (ulong)(long.MaxValue / NodeNumber.SlotSize) - (ulong)Math.Max(start / NodeNumber.SlotSize, 0)
            ? start + ((long)number * NodeNumber.SlotSize)
            : long.MaxValue;
        if (address < 0 || address > metadata.Length - CompactSize)
        {
            // Behind the end of the image, and inside of what the file system takes: the image was cut short.
            bool isCut = !isInMetabox && address >= 0 && (ulong)address >> volume.Geometry.BlockBits < volume.Geometry.Blocks;
            throw isCut
                ? new TruncatedImageException(address, metadata.Length)
                : new InvalidImageException("inode", Math.Max(address, 0), $"there is no room for node {node}");
        }

        Span<byte> bytes = stackalloc byte[ExtendedSize];
        metadata.ReadAt(address, bytes[..CompactSize]);
        int format = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if ((format & ~KnownFormat) != 0 || ((format >> 1) & 7) > (int)DataLayout.Chunks)
        {
            throw new UnsupportedFeatureException($"EROFS inodes of the format 0x{format:X}", "i_format");
        }

        bool isExtended = (format & 1) != 0;
        if (isExtended)
        {
            metadata.ReadAt(address + CompactSize, bytes[CompactSize..]);
        }

        Inode inode = isExtended ? OfExtended(bytes) : OfCompact(volume.Geometry, bytes, format);
        int attributes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        inode = inode with
        {
            Node = node,
            Address = address,
            Mode = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
            Layout = (DataLayout)((format >> 1) & 7),
            AttributesAddress = address + (isExtended ? ExtendedSize : CompactSize),
            AttributesSize = attributes == 0 ? 0 : AttributeHeaderSize + ((attributes - 1) * sizeof(uint)),
            Data = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
        };
        inode = inode with { OmitsDot = inode.Type == NodeType.Directory && (format & SingleLink) != 0 };
        return inode.Type is not (NodeType.Fifo or NodeType.CharacterDevice or NodeType.Directory or NodeType.BlockDevice or NodeType.Regular
                or NodeType.SymbolicLink or NodeType.Socket) ? throw inode.Damaged($"its mode is 0x{inode.Mode:X}")
            : inode.Size < 0 ? throw inode.Damaged($"its size is {unchecked((ulong)inode.Size)}")
            : inode;
    }

    /// <summary>The error of an inode.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public InvalidImageException Damaged(string problem) => new($"inode of node {Node}", Address, problem);

    private static Timestamp ToTime(long seconds, uint nanoseconds) => new(seconds, Math.Min(nanoseconds, MaxNanoseconds));

    private static Inode OfExtended(ReadOnlySpan<byte> bytes)
    {
        ulong block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) << 32);
        return new Inode
        {
            Size = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            StartBlock = block == Low48 ? NoBlock : block,
            Uid = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
            Gid = BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]),
            Time = ToTime(BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..])),
            LinkCount = BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]),
        };
    }

    // i_nb is the number of links; or, of what has one only, the high bits of the block (EROFS_I_NLINK_1_BIT).
    private static Inode OfCompact(Geometry geometry, ReadOnlySpan<byte> bytes, int format)
    {
        bool isDirectory = (NodeType)(BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) >> 12) == NodeType.Directory;
        bool hasOneLink = !isDirectory && (format & SingleLink) != 0;
        ushort number = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        ulong block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) | (hasOneLink ? (ulong)number << 32 : 0);
        return new Inode
        {
            Size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            StartBlock = block == (hasOneLink ? Low48 : Low32) ? NoBlock : block,
            Uid = BinaryPrimitives.ReadUInt16LittleEndian(bytes[24..]),
            Gid = BinaryPrimitives.ReadUInt16LittleEndian(bytes[26..]),
            Time = ToTime(unchecked(geometry.Epoch + BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..])), geometry.FixedNanoseconds),
            LinkCount = hasOneLink ? 1u : number,
        };
    }
}
