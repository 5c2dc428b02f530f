using ImageFs.FileSystems.Udf;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>
/// Makes UDF images byte by byte, with each kind of partition. Metadata are in partition <see cref="Metadata"/>, of which only this
/// class knows where its blocks are; the data of files are in partition 0.
/// </summary>
internal sealed class UdfImage
{
    public const uint MainSequence = 100;
    public const uint ReserveSequence = 120;
    public const uint IntegritySequence = 140;
    public const uint FirstSparingTable = 150;
    public const uint SpareArea = 240;
    public const uint Anchor = 256;
    public const uint Partition = 260;
    public const uint Blocks = 400;
    public const int PacketLength = 4;

    /// <summary>Blocks of the partition that the metadata are in.</summary>
    public const uint FileSet = 0;
    public const uint Root = 2;
    public const uint MetadataBlocks = 26;

    /// <summary>Blocks of the partition that lies in the image.</summary>
    public const uint MetadataFile = 60;
    public const uint MirrorFile = 61;
    public const uint Data = 30;

    private const uint MainMetadata = 80;
    private const uint MirrorMetadata = 108;
    private const uint FirstVirtual = 100;

    private readonly List<byte[]> _identifiers;

    public UdfImage(PartitionKind kind = PartitionKind.Physical, int blockSize = 2048, int revision = 0x0201)
    {
        Kind = kind;
        BlockSize = blockSize;
        Revision = revision;
        Bytes = new byte[Blocks * (long)blockSize];
        _identifiers = [UdfBytes.Identifier("", At(Root), FileCharacteristics.Parent | FileCharacteristics.Directory)];
        WriteRecognition();
        WriteAnchor(Anchor);
        WriteSequence(MainSequence);
        WriteSequence(ReserveSequence);
        WriteIntegrity();
        WriteFileSet();
        WriteRoot();
        WritePartition();
    }

    public PartitionKind Kind { get; }

    public int BlockSize { get; }

    public int Revision { get; }

    public byte[] Bytes { get; }

    /// <summary>Number of the partition with the metadata.</summary>
    public ushort Metadata => (ushort)(Kind is PartitionKind.Virtual or PartitionKind.Metadata ? 1 : 0);

    private uint PartitionLength => Kind == PartitionKind.Virtual ? Blocks - Partition : Blocks - Partition - 1;

    /// <summary>A block among the metadata.</summary>
    public LogicalBlock At(uint block) => new(Metadata, block);

    /// <summary>The block of the image that a block of the metadata is in.</summary>
    public uint Place(uint block) => Kind switch
    {
        PartitionKind.Sparable when block is >= PacketLength and < 2 * PacketLength => SpareArea + block - PacketLength,
        PartitionKind.Virtual => Partition + VirtualPlace(block),
        PartitionKind.Metadata => Partition + MainMetadata + block,
        _ => Partition + block,
    };

    /// <summary>Where the table has a block of a virtual partition: not in order, but the blocks of one ICB are together.</summary>
    public static uint VirtualPlace(uint block) => FirstVirtual + (block ^ 16);

    /// <summary>Its address in the image.</summary>
    public long AddressOf(uint block) => Place(block) * (long)BlockSize;

    public UdfImage WriteVolume(uint block, byte[] bytes)
    {
        bytes.CopyTo(Bytes, block * (long)BlockSize);
        return this;
    }

    /// <summary>Writes metadata: where there is a mirror, there too.</summary>
    public UdfImage Write(uint block, byte[] bytes)
    {
        for (int i = 0; i * BlockSize < bytes.Length; i++)
        {
            byte[] part = bytes[(i * BlockSize)..Math.Min(bytes.Length, (i + 1) * BlockSize)];
            WriteVolume(Place(block + (uint)i), part);
            if (Kind == PartitionKind.Metadata)
            {
                WriteVolume(Partition + MirrorMetadata + block + (uint)i, part);
            }
        }

        return this;
    }

    public UdfImage WriteData(uint block, byte[] bytes) => WriteVolume(Partition + block, bytes);

    /// <summary>Adds a name to the root.</summary>
    public UdfImage Name(byte[] identifier)
    {
        _identifiers.Add(identifier);
        return WriteRoot();
    }

    /// <summary>Adds a file to the root.</summary>
    public UdfImage Add(string name, uint block, FileParts parts)
    {
        FileCharacteristics characteristics = parts.Type == FileType.Directory ? FileCharacteristics.Directory : FileCharacteristics.None;
        return Write(block, parts.ToBytes(block)).Name(UdfBytes.Identifier(name, At(block), characteristics));
    }

    /// <summary>Adds one of everything.</summary>
    public UdfImage AddAll()
    {
        byte[] text = [.. Enumerable.Range(0, 2 * BlockSize).Select(i => (byte)(i / 7 % 251))];
        WriteData(Data, text);
        Add("file", 3, new FileParts
        {
            Form = AllocationForm.Long,
            Descriptors = UdfBytes.Long(BlockSize + 10, new(0, Data)),
            Length = BlockSize + 10,
            AttributesIcb = UdfBytes.Long(BlockSize, At(18)),
        });
        WriteAttributes(18, UdfBytes.Attribute(5, [.. UdfBytes.U32(12), .. UdfBytes.U32(1), .. UdfBytes.Time(0x1000, 2001, 2, 3, 4, 5, 6, 0, 0, 0)]));
        Add("embedded", 4, new FileParts { IsExtended = true, Descriptors = "embedded"u8.ToArray() });
        Add("sparse", 5, new FileParts
        {
            Form = AllocationForm.Long,
            Descriptors =
            [
                .. UdfBytes.Long(BlockSize, default, AllocationType.NotAllocated),
                .. UdfBytes.Long(BlockSize, new(0, Data)),
                .. UdfBytes.Long(BlockSize, new(0, Data + 5), AllocationType.NotRecorded),
                .. UdfBytes.Long(100, new(0, Data + 1)),
            ],
            Length = (3 * BlockSize) + 100,
        });
        Add("chained", 6, new FileParts
        {
            Form = AllocationForm.Long,
            Descriptors = [.. UdfBytes.Long(BlockSize, new(0, Data + 1)), .. UdfBytes.Long(BlockSize, At(16), AllocationType.Continuation)],
            Length = BlockSize + 20,
        });
        Write(16, Continuation(16, UdfBytes.Long(20, new(0, Data))));
        Add("link", 7, new FileParts { Type = FileType.SymbolicLink, Descriptors = [.. UdfBytes.Component(2), .. UdfBytes.Component(5, UdfBytes.Text("x"))] });
        Add("device", 8, new FileParts
        {
            Type = FileType.BlockDevice,
            IsExtended = true,
            Attributes = UdfBytes.Attributes(8, UdfBytes.Attribute(12, [0, 0, 0, 0, .. UdfBytes.U32(8), .. UdfBytes.U32(300)])),
        });
        Add("directory", 9, new FileParts
        {
            Type = FileType.Directory,
            Descriptors =
            [
                .. UdfBytes.Identifier("", At(Root), FileCharacteristics.Parent | FileCharacteristics.Directory),
                .. UdfBytes.Identifier("hard", At(3)),
            ],
        });
        Add("versions", 10, new FileParts { Strategy = 4096, Descriptors = "old"u8.ToArray() });
        Write(11, Indirect(11, At(12)));
        Write(12, new FileParts { Strategy = 4096, Descriptors = "newest"u8.ToArray() }.ToBytes(12));
        Add("streams", 13, new FileParts { IsExtended = true, Descriptors = "with streams"u8.ToArray(), StreamDirectoryIcb = UdfBytes.Long(BlockSize, At(14)) });
        Write(15, new FileParts { IsExtended = true, Descriptors = "fork"u8.ToArray() }.ToBytes(15));
        Write(17, new FileParts { Form = AllocationForm.Long, Descriptors = UdfBytes.Long(BlockSize, new(0, Data)), Length = BlockSize }.ToBytes(17));
        return WriteStreamDirectory(
            14,
            UdfBytes.Identifier("", At(13), FileCharacteristics.Parent | FileCharacteristics.Directory),
            UdfBytes.Identifier("*UDF Macintosh Resource Fork", At(15), FileCharacteristics.Metadata),
            UdfBytes.Identifier("Zone.Identifier", At(17)),
            UdfBytes.Identifier("gone", default, FileCharacteristics.Deleted));
    }

    /// <summary>Writes a file of extended attributes (4/9.1) within its entry.</summary>
    public UdfImage WriteAttributes(uint block, params byte[][] attributes) =>
        Write(block, new FileParts { Type = FileType.ExtendedAttributes, Descriptors = UdfBytes.Attributes(block, attributes) }.ToBytes(block));

    /// <summary>Writes a stream directory (4/9.2) within its entry.</summary>
    public UdfImage WriteStreamDirectory(uint block, params byte[][] identifiers) => Write(
        block, new FileParts { Type = FileType.StreamDirectory, IsExtended = true, Descriptors = [.. identifiers.SelectMany(identifier => identifier)] }.ToBytes(block));

    /// <summary>Allocation extent descriptor (4/14.5).</summary>
    public static byte[] Continuation(uint location, byte[] descriptors) => UdfBytes.Descriptor(
        TagIdentifier.AllocationExtentDescriptor, location, 24 + descriptors.Length, (20, UdfBytes.U32(descriptors.Length)), (24, descriptors));

    /// <summary>Indirect entry (4/14.7).</summary>
    public byte[] Indirect(uint location, LogicalBlock icb) => UdfBytes.Descriptor(
        TagIdentifier.IndirectEntry, location, 52, (20, UdfBytes.U16(4096)), (27, [3]), (36, UdfBytes.Long(BlockSize, icb)));

    public MemorySource Build() => new(Bytes);

    public FileSystem Open(string options = "", List<string>? warnings = null) => Open(Build(), options, warnings);

    public static FileSystem Open(BlockSource source, string options = "", List<string>? warnings = null) =>
        new UdfFormat().Open(source, OpenContext.Of(options, warning => warnings?.Add(warning)));

    public UdfImage WriteAnchor(uint block) => WriteVolume(block, UdfBytes.Descriptor(
        TagIdentifier.AnchorVolumeDescriptorPointer,
        block,
        512,
        (16, UdfBytes.Extent(8L * BlockSize, MainSequence)),
        (24, UdfBytes.Extent(8L * BlockSize, ReserveSequence))));

    /// <summary>Writes the primary, partition, logical volume and terminating descriptors.</summary>
    public UdfImage WriteSequence(uint block, uint number = 1, string label = "LABEL")
    {
        WriteVolume(block, PrimaryVolume(block, number));
        WriteVolume(block + 1, PartitionDescriptor(block + 1, number, 0, Partition, PartitionLength));
        WriteVolume(block + 2, LogicalVolume(block + 2, number, label, Maps()));
        return WriteVolume(block + 3, UdfBytes.Descriptor(TagIdentifier.TerminatingDescriptor, block + 3, 512));
    }

    public static byte[] PrimaryVolume(uint block, uint number) => UdfBytes.Descriptor(
        TagIdentifier.PrimaryVolumeDescriptor,
        block,
        512,
        (16, UdfBytes.U32(number)),
        (24, UdfBytes.Field("VOLUME", 32)),
        (72, UdfBytes.Field("0123456789abcdefSET", 128)),
        (344, UdfBytes.Entity("*application"u8)),
        (376, UdfBytes.Time(0x1000 | 60, 2024, 2, 29, 13, 34, 56, 0, 0, 0)),
        (388, UdfBytes.Entity("*implementation"u8)));

    public static byte[] PartitionDescriptor(uint block, uint number, int partition, uint start, uint length) => UdfBytes.Descriptor(
        TagIdentifier.PartitionDescriptor,
        block,
        512,
        (16, UdfBytes.U32(number)),
        (22, UdfBytes.U16(partition)),
        (24, UdfBytes.Entity("+NSR03"u8, 0)),
        (184, UdfBytes.U32(4)),
        (188, UdfBytes.U32(start)),
        (192, UdfBytes.U32(length)));

    public byte[] LogicalVolume(uint block, uint number, string label, byte[][] maps) => UdfBytes.Descriptor(
        TagIdentifier.LogicalVolumeDescriptor,
        block,
        Math.Max(512, 440 + maps.Sum(map => map.Length)),
        (16, UdfBytes.U32(number)),
        (84, UdfBytes.Field(label, 128)),
        (212, UdfBytes.U32(BlockSize)),
        (216, UdfBytes.Entity("*OSTA UDF Compliant"u8, Revision)),
        (248, UdfBytes.Long(BlockSize, At(FileSet))),
        (264, UdfBytes.U32(maps.Sum(map => map.Length))),
        (268, UdfBytes.U32(maps.Length)),
        (272, UdfBytes.Entity("*implementation"u8)),
        (432, UdfBytes.Extent(2L * BlockSize, IntegritySequence)),
        (440, [.. maps.SelectMany(map => map)]));

    /// <summary>The partition maps of the kind (3/10.7, UDF 2.2.8 to 2.2.10).</summary>
    public byte[][] Maps() => Kind switch
    {
        PartitionKind.Virtual => [PhysicalMap(0), TypedMap("*UDF Virtual Partition"u8)],
        PartitionKind.Sparable =>
        [
            TypedMap(
                "*UDF Sparable Partition"u8,
                [.. UdfBytes.U16(PacketLength), 2, 0, .. UdfBytes.U32(512), .. UdfBytes.U32(FirstSparingTable), .. UdfBytes.U32(FirstSparingTable + 1)]),
        ],
        PartitionKind.Metadata =>
        [
            PhysicalMap(0),
            TypedMap("*UDF Metadata Partition"u8, [.. UdfBytes.U32(MetadataFile), .. UdfBytes.U32(MirrorFile), .. UdfBytes.U32(-1), .. UdfBytes.U32(32), .. UdfBytes.U16(1), 1]),
        ],
        _ => [PhysicalMap(0)],
    };

    public static byte[] PhysicalMap(int partition) => [1, 6, 1, 0, .. UdfBytes.U16(partition)];

    public byte[] TypedMap(ReadOnlySpan<byte> identifier, params byte[] rest)
    {
        byte[] map = new byte[64];
        map[0] = 2;
        map[1] = 64;
        UdfBytes.Entity(identifier, Revision).CopyTo(map, 4);
        map[36] = 1;
        rest.CopyTo(map, 40);
        return map;
    }

    private void WriteRecognition()
    {
        int step = Math.Max(2048, BlockSize);
        string[] identifiers = ["BEA01", Revision >= 0x0200 ? "NSR03" : "NSR02", "TEA01"];
        for (int i = 0; i < identifiers.Length; i++)
        {
            Bytes[32768 + (i * step) + 6] = 1;
            identifiers[i].Select(unit => (byte)unit).ToArray().CopyTo(Bytes, 32768 + (i * step) + 1);
        }
    }

    private void WriteIntegrity() => WriteVolume(IntegritySequence, UdfBytes.Descriptor(
        TagIdentifier.LogicalVolumeIntegrityDescriptor,
        IntegritySequence,
        80 + (8 * Maps().Length) + 46,
        (16, UdfBytes.Time(0x1000, 2024, 2, 29, 12, 34, 56, 0, 0, 0)),
        (28, UdfBytes.U32(1)),
        (72, UdfBytes.U32(Maps().Length)),
        (76, UdfBytes.U32(46)),
        (80, [.. UdfBytes.U32(40), .. Maps().Length > 1 ? UdfBytes.U32(30) : []]),
        (80 + (8 * Maps().Length), [.. UdfBytes.Entity("*implementation"u8), .. UdfBytes.U32(7), .. UdfBytes.U32(2), .. UdfBytes.U16(Revision)])));

    private void WriteFileSet() => Write(FileSet, UdfBytes.Descriptor(
        TagIdentifier.FileSetDescriptor,
        FileSet,
        512,
        (304, UdfBytes.Field("FILESET", 32)),
        (400, UdfBytes.Long(BlockSize, At(Root)))));

    private UdfImage WriteRoot()
    {
        byte[] identifiers = [.. _identifiers.SelectMany(identifier => identifier)];
        byte[] entry = new FileParts
        {
            Type = FileType.Directory,
            Form = AllocationForm.Short,
            Descriptors = UdfBytes.Short(identifiers.Length, 20),
            Length = identifiers.Length,
            Permissions = 0x14A5,
        }.ToBytes(Root);
        return Write(Root, entry).Write(20, identifiers);
    }

    private void WritePartition()
    {
        switch (Kind)
        {
            case PartitionKind.Virtual:
                WriteTable(Blocks - 1);
                break;
            case PartitionKind.Sparable:
                WriteSparingTable(FirstSparingTable);
                WriteSparingTable(FirstSparingTable + 1);
                break;
            case PartitionKind.Metadata:
                WriteMetadataFile(MetadataFile, FileType.Metadata, MainMetadata);
                WriteMetadataFile(MirrorFile, FileType.MetadataMirror, MirrorMetadata);
                break;
            default:
                break;
        }

        if (Kind != PartitionKind.Virtual)
        {
            WriteAnchor(Blocks - 1);
        }
    }

    /// <summary>Virtual allocation table (UDF 2.2.11): the form goes by the revision.</summary>
    public UdfImage WriteTable(uint block) => WriteVolume(block, Table(block));

    /// <summary>The same, and the block of the partition that the table before is in.</summary>
    public byte[] Table(uint block, uint previous = uint.MaxValue)
    {
        byte[] entries = [.. Enumerable.Range(0, (int)MetadataBlocks).SelectMany(i => UdfBytes.U32(VirtualPlace((uint)i)))];
        byte[] header = new byte[152];
        UdfBytes.U16(header.Length).CopyTo(header, 0);
        UdfBytes.U32(previous).CopyTo(header, 132);
        bool isOld = Revision < 0x0200;
        byte[] table = isOld ? [.. entries, .. UdfBytes.Entity("*UDF Virtual Alloc Tbl"u8), .. UdfBytes.U32(previous)] : [.. header, .. entries];
        var parts = new FileParts { Type = isOld ? FileType.Unspecified : FileType.VirtualAllocationTable, Descriptors = table };
        return parts.ToBytes(block - Partition);
    }

    private void WriteSparingTable(uint block) => WriteVolume(block, UdfBytes.Descriptor(
        TagIdentifier.SparingTable,
        block,
        512,
        (16, UdfBytes.Entity("*UDF Sparing Table"u8)),
        (48, UdfBytes.U16(2)),
        (56, [.. UdfBytes.U32(PacketLength), .. UdfBytes.U32(SpareArea), .. UdfBytes.U32(-1), .. UdfBytes.U32(SpareArea + PacketLength)])));

    private void WriteMetadataFile(uint block, FileType type, uint first) => WriteData(block, new FileParts
    {
        Type = type,
        IsExtended = true,
        Form = AllocationForm.Short,
        Descriptors = UdfBytes.Short(MetadataBlocks * (long)BlockSize, first),
        Length = MetadataBlocks * (long)BlockSize,
    }.ToBytes(block));
}
