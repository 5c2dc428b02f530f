namespace ImageFs.FileSystems.SquashFs.Files;

/// <summary>How a block of a file, or a fragment, is stored.</summary>
/// <param name="Length">The bytes that it takes; 0 for one of zeros.</param>
/// <param name="IsPlain">Whether it is stored as it is.</param>
internal readonly record struct StoredBlock(int Length, bool IsPlain)
{
    private const uint PlainBit = 1 << 24;
    private const int PlainBitOf1 = 1 << 15;

    /// <summary>As an inode or the table of fragments tells it.</summary>
    public static StoredBlock Of(uint value) => new((int)(value & (PlainBit - 1)), (value & PlainBit) != 0);

    /// <summary>As an inode of version 1 tells it: a length of 0 stands for one that 15 bits have no room for.</summary>
    public static StoredBlock OfVersion1(int value) => new((value & ~PlainBitOf1) is > 0 and int length ? length : PlainBitOf1, (value & PlainBitOf1) != 0);
}
