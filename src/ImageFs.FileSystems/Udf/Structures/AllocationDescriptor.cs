using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>A block of a logical volume: a recorded address (ECMA-167 4/7.1).</summary>
/// <param name="Partition">Partition Reference Number: an index into the partition maps.</param>
/// <param name="Block">Logical Block Number in that partition.</param>
internal readonly record struct LogicalBlock(ushort Partition, uint Block)
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 6;

    /// <summary>Reads one.</summary>
    public static LogicalBlock Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes));
}

/// <summary>An extent of the volume, outside of partitions (ECMA-167 3/7.1).</summary>
/// <param name="Length">Its length in bytes; 0 is no extent.</param>
/// <param name="Location">Its first block.</param>
internal readonly record struct VolumeExtent(uint Length, uint Location)
{
    /// <summary>Reads one.</summary>
    public static VolumeExtent Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
}

/// <summary>The type of an extent: the highest bits of its length (ECMA-167 4/14.14.1.1).</summary>
internal enum AllocationType : byte
{
    /// <summary>Allocated and recorded.</summary>
    Recorded,

    /// <summary>Allocated, nothing recorded: zeros.</summary>
    NotRecorded,

    /// <summary>Not allocated: zeros.</summary>
    NotAllocated,

    /// <summary>Not the file's: the descriptors go on there.</summary>
    Continuation,
}

/// <summary>The form of a file's allocation descriptors: bits 0 to 2 of the ICB's flags (ECMA-167 4/14.6.8).</summary>
internal enum AllocationForm : byte
{
    /// <summary>Short: within the ICB's partition.</summary>
    Short,

    /// <summary>Long: in any partition.</summary>
    Long,

    /// <summary>Extended: with the lengths of what was recorded.</summary>
    Extended,

    /// <summary>None: the file itself is in their place.</summary>
    Embedded,
}

/// <summary>One extent of a file, whichever form it was recorded in (ECMA-167 4/14.14).</summary>
/// <param name="Length">Its length in bytes; 0 ends the descriptors.</param>
/// <param name="Type">What there is in the extent.</param>
/// <param name="Start">Its first block.</param>
internal readonly record struct AllocationDescriptor(uint Length, AllocationType Type, LogicalBlock Start)
{
    /// <summary>Bytes of a long one.</summary>
    public const int LongLength = 16;

    private const int ShortLength = 8;
    private const int ExtendedLength = 20;
    private const uint LengthMask = 0x3FFF_FFFF;
    private const int TypeShift = 30;

    /// <summary>Bytes that a descriptor of a form takes.</summary>
    public static int LengthOf(AllocationForm form) => form switch
    {
        AllocationForm.Short => ShortLength,
        AllocationForm.Long => LongLength,
        _ => ExtendedLength,
    };

    /// <param name="bytes">At least as many as its form takes.</param>
    /// <param name="form">Its form.</param>
    /// <param name="partition">The partition that a short one is about: that of the ICB.</param>
    /// <exception cref="UnsupportedFeatureException">The extent is compressed, or padded.</exception>
    public static AllocationDescriptor Read(ReadOnlySpan<byte> bytes, AllocationForm form, ushort partition)
    {
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint length = word & LengthMask;
        var type = (AllocationType)(word >> TypeShift);
        switch (form)
        {
            case AllocationForm.Short:
                return new(length, type, new LogicalBlock(partition, BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])));
            case AllocationForm.Long:
                return new(length, type, LogicalBlock.Read(bytes[4..]));
            default:
                uint recorded = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) & LengthMask;
                uint information = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
                return type != AllocationType.Recorded || recorded == information
                    ? new(type == AllocationType.Recorded ? information : length, type, LogicalBlock.Read(bytes[12..]))
                    : throw new UnsupportedFeatureException($"an extent with {information} bytes recorded in {recorded}", "ECMA-167 4/14.14.3");
        }
    }

    /// <summary>Reads a long one, as it stands alone in other descriptors (4/14.14.2).</summary>
    public static AllocationDescriptor ReadLong(ReadOnlySpan<byte> bytes) => Read(bytes, AllocationForm.Long, 0);
}
