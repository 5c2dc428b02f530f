namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksum of EROFS: of the block that the super block is in, from it on.</summary>
internal static class ErofsChecksums
{
    private const int Address = 1024;

    /// <summary>Those that an image may have.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        int length = (1 << Math.Min((int)image[Address + 12], 16)) - Address;
        return length > 0 ? [new Seal(Address, length, Sums.Crc32C(4, isInverted: false))] : [];
    }
}
