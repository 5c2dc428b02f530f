using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>What a file entry is made of.</summary>
internal sealed record FileParts
{
    public FileType Type { get; init; } = FileType.Regular;

    public AllocationForm Form { get; init; } = AllocationForm.Embedded;

    /// <summary>Allocation descriptors, or the file itself.</summary>
    public byte[] Descriptors { get; init; } = [];

    /// <summary>Information Length; that of the descriptors when it is not told.</summary>
    public long? Length { get; init; }

    public bool IsExtended { get; init; }

    public int Strategy { get; init; } = 4;

    public int Flags { get; init; }

    public long Uid { get; init; } = 1000;

    public long Gid { get; init; } = 1001;

    public long Permissions { get; init; } = 0x14A5;

    public int Links { get; init; } = 1;

    public long Blocks { get; init; }

    public byte[] Time { get; init; } = UdfBytes.Time(0x1000, 2024, 2, 29, 12, 34, 56, 0, 0, 0);

    public byte[] CreationTime { get; init; } = UdfBytes.Time(0x1000, 2020, 1, 2, 3, 4, 5, 0, 0, 0);

    public byte[] Attributes { get; init; } = [];

    /// <summary>Extended Attribute ICB (long_ad).</summary>
    public byte[] AttributesIcb { get; init; } = [];

    /// <summary>Stream Directory ICB (long_ad), of an extended one.</summary>
    public byte[] StreamDirectoryIcb { get; init; } = [];

    /// <summary>The entry (4/14.9), or an extended one (4/14.17).</summary>
    public byte[] ToBytes(uint location)
    {
        int fixedLength = IsExtended ? 216 : 176;
        int times = IsExtended ? 80 : 72;
        int attributeTime = IsExtended ? 116 : 96;
        return UdfBytes.Descriptor(
            IsExtended ? TagIdentifier.ExtendedFileEntry : TagIdentifier.FileEntry,
            location,
            fixedLength + Attributes.Length + Descriptors.Length,
            (20, UdfBytes.U16(Strategy)),
            (24, UdfBytes.U16(1)),
            (27, [(byte)Type]),
            (34, UdfBytes.U16(Flags | (int)Form)),
            (36, UdfBytes.U32(Uid)),
            (40, UdfBytes.U32(Gid)),
            (44, UdfBytes.U32(Permissions)),
            (48, UdfBytes.U16(Links)),
            (56, UdfBytes.U64(Length ?? Descriptors.Length)),
            (IsExtended ? 72 : 64, UdfBytes.U64(Blocks)),
            (times, Time),
            (times + 12, Time),
            (104, IsExtended ? CreationTime : []),
            (attributeTime, Time),
            (IsExtended ? 136 : 112, AttributesIcb),
            (152, IsExtended ? StreamDirectoryIcb : []),
            (fixedLength - 8, UdfBytes.U32(Attributes.Length)),
            (fixedLength - 4, UdfBytes.U32(Descriptors.Length)),
            (fixedLength, Attributes),
            (fixedLength + Attributes.Length, Descriptors));
    }
}
