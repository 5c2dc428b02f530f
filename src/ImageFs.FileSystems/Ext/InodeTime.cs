namespace ImageFs.FileSystems.Ext;

/// <summary>A time of an inode in two words (ext4: Inode Timestamps).</summary>
internal static class InodeTime
{
    private const uint EpochMask = 3;
    private const int EpochBits = 2;
    private const uint MaxNanoseconds = 999_999_999;

    /// <summary>The time.</summary>
    /// <param name="seconds">Seconds since 1970, with a sign.</param>
    /// <param name="extra">How often to add 2³² to them, in two bits, and nanoseconds.</param>
    public static Timestamp Decode(uint seconds, uint extra)
    {
        long epoch = (long)(extra & EpochMask) << 32;
        return new Timestamp(unchecked((int)seconds) + epoch, Math.Min(extra >> EpochBits, MaxNanoseconds));
    }
}
