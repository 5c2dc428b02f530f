using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>File Type of an ICB tag (ECMA-167 4/14.6.6, UDF 2.3.5.2).</summary>
internal enum FileType : byte
{
    Unspecified = 0,
    Directory = 4,
    Regular = 5,
    BlockDevice = 6,
    CharacterDevice = 7,
    ExtendedAttributes = 8,
    Fifo = 9,
    Socket = 10,
    SymbolicLink = 12,
    StreamDirectory = 13,
    VirtualAllocationTable = 248,
    RealTime = 249,
    Metadata = 250,
    MetadataMirror = 251,
    MetadataBitmap = 252,
}

/// <summary>A file entry (ECMA-167 4/14.9) or an extended file entry (4/14.17), with the ICB tag in it (4/14.6).</summary>
internal readonly ref struct FileEntry
{
    private const int FixedLength = 176;
    private const int ExtendedFixedLength = 216;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isExtended;

    /// <param name="block">The block that it is in: a tag was checked.</param>
    /// <param name="location">Where that is.</param>
    /// <param name="spaceAddress">Where that is in the space of partitions, in bytes.</param>
    /// <param name="address">Where that is in the image, in bytes.</param>
    /// <exception cref="InvalidImageException">Its parts do not lie in the block.</exception>
    public FileEntry(ReadOnlySpan<byte> block, LogicalBlock location, long spaceAddress, long address)
    {
        _bytes = block;
        _isExtended = new DescriptorTag(block).Identifier == TagIdentifier.ExtendedFileEntry;
        Location = location;
        SpaceAddress = spaceAddress;
        Address = address;
        if (FixedPart + (long)AttributesLength + DescriptorsLength > block.Length)
        {
            throw Invalid($"{AttributesLength} bytes of attributes and {DescriptorsLength} of allocation descriptors do not fit into its block");
        }

        if (RecordedLength > long.MaxValue)
        {
            throw Invalid($"the file has {RecordedLength} bytes");
        }
    }

    /// <summary>The block that it is in.</summary>
    public LogicalBlock Location { get; }

    /// <summary>Where that is in the space of partitions, in bytes: of one that was damaged, the second copy.</summary>
    public long SpaceAddress { get; }

    /// <summary>Where that is in the image, in bytes.</summary>
    public long Address { get; }

    /// <summary>Strategy Type: how the versions of an ICB follow one another (4/14.6.2).</summary>
    public ushort Strategy => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[20..]);

    /// <summary>File Type (4/14.6.6).</summary>
    public FileType FileType => (FileType)_bytes[27];

    /// <summary>The form of the allocation descriptors (4/14.6.8).</summary>
    public AllocationForm Form => (AllocationForm)(Flags & 7);

    /// <summary>Uid (4/14.9.2).</summary>
    public uint Uid => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[36..]);

    /// <summary>Gid (4/14.9.3).</summary>
    public uint Gid => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[40..]);

    /// <summary>Permissions and the flags of the ICB as mode bits (4/14.9.4, 4/14.6.8).</summary>
    public uint Mode
    {
        get
        {
            uint permissions = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[44..]);
            uint special = (uint)Flags >> 6;
            return (permissions & 0x7) | ((permissions >> 2) & 0x38) | ((permissions >> 4) & 0x1C0)
                | ((special & 1) << 11) | ((special & 2) << 9) | ((special & 4) << 7);
        }
    }

    /// <summary>File Link Count (4/14.9.6).</summary>
    public ushort LinkCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[48..]);

    /// <summary>Information Length in bytes (4/14.9.10).</summary>
    public long InformationLength => (long)RecordedLength;

    /// <summary>Logical Blocks Recorded (4/14.9.11).</summary>
    public ulong BlocksRecorded => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(_isExtended ? 72 : 64)..]);

    /// <summary>Access Date and Time (4/14.9.12).</summary>
    public Timestamp AccessTime => UdfTime.Read(_bytes[(_isExtended ? 80 : 72)..]);

    /// <summary>Modification Date and Time (4/14.9.13).</summary>
    public Timestamp ModificationTime => UdfTime.Read(_bytes[(_isExtended ? 92 : 84)..]);

    /// <summary>Creation Date and Time, which an extended one has (4/14.17.15).</summary>
    public Timestamp? CreationTime => _isExtended ? UdfTime.Read(_bytes[104..]) : null;

    /// <summary>Attribute Date and Time (4/14.9.14).</summary>
    public Timestamp AttributeTime => UdfTime.Read(_bytes[(_isExtended ? 116 : 96)..]);

    /// <summary>Extended Attribute ICB: of a file with further attributes; of length 0 when there is none (4/14.9.16, 4/14.17.19).</summary>
    public AllocationDescriptor AttributesIcb => AllocationDescriptor.ReadLong(_bytes[(_isExtended ? 136 : 112)..]);

    /// <summary>Stream Directory ICB: of length 0 when the file has no named streams (4/14.17.20).</summary>
    public AllocationDescriptor StreamDirectoryIcb => _isExtended ? AllocationDescriptor.ReadLong(_bytes[152..]) : default;

    /// <summary>Extended Attributes: their header, and the attributes (4/14.9.20).</summary>
    public ReadOnlySpan<byte> Attributes => _bytes.Slice(FixedPart, (int)AttributesLength);

    /// <summary>Allocation Descriptors, or the file itself (4/14.9.21).</summary>
    public ReadOnlySpan<byte> Descriptors => _bytes.Slice(DescriptorsPlace, (int)DescriptorsLength);

    /// <summary>Where the allocation descriptors begin, in bytes from the start of the block.</summary>
    public int DescriptorsPlace => FixedPart + (int)AttributesLength;

    private ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[34..]);

    private ulong RecordedLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[56..]);

    private int FixedPart => _isExtended ? ExtendedFixedLength : FixedLength;

    private uint AttributesLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(FixedPart - 8)..]);

    private uint DescriptorsLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(FixedPart - 4)..]);

    /// <summary>An error about it.</summary>
    public InvalidImageException Invalid(string problem)
    {
        TagIdentifier kind = _isExtended ? TagIdentifier.ExtendedFileEntry : TagIdentifier.FileEntry;
        return new InvalidImageException(kind.ToName(), Address, problem, kind.ToClause());
    }
}
