using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Structures;

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

    /// <summary>Reads one.</summary>
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
                    : throw new UnsupportedFeatureException($"an extent with {information} bytes recorded in {recorded} is", "ECMA-167 4/14.14.3");
        }
    }

    /// <summary>Reads a long one, as it stands alone in other descriptors (4/14.14.2).</summary>
    public static AllocationDescriptor ReadLong(ReadOnlySpan<byte> bytes) => Read(bytes, AllocationForm.Long, 0);
}
