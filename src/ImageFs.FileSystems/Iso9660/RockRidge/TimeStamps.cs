using System.Numerics;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>A TF entry: the time stamps of a file (RRIP 4.1.6).</summary>
internal readonly ref struct TimeStamps
{
    /// <summary>Bytes of the whole entry before the stamps.</summary>
    public const int Length = 5;

    private readonly ReadOnlySpan<byte> _data;

    public TimeStamps(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "TF", "RRIP 4.1.6");

    /// <summary>Which stamps are there, and their form.</summary>
    public TimeStampFlags Flags => (TimeStampFlags)_data[0];

    /// <summary>A stamp; null when it is not there or not specified.</summary>
    /// <param name="stamp">One of the flags.</param>
    public Timestamp? Find(TimeStampFlags stamp)
    {
        if (!Flags.HasFlag(stamp))
        {
            return null;
        }

        bool isLong = Flags.HasFlag(TimeStampFlags.LongForm);
        int length = isLong ? VolumeTime.Length : RecordingTime.Length;
        int before = BitOperations.PopCount((uint)Flags & ((uint)stamp - 1));
        ReadOnlySpan<byte> stamps = _data[1..];
        if (stamps.Length < (before + 1) * length)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = stamps.Slice(before * length, length);
        return isLong ? VolumeTime.Read(bytes) : RecordingTime.Read(bytes);
    }
}
