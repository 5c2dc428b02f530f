namespace ImageFs.FileSystems.Iso9660;

/// <summary>The date and time of a directory record, in seven bytes (ECMA-119 9.1.5).</summary>
internal static class RecordingTime
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 7;

    /// <summary>As a point in time. Fields out of their range carry over, as in Linux.</summary>
    public static Timestamp Read(ReadOnlySpan<byte> bytes)
    {
        long seconds = Calendar.ToSeconds(1900 + bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
        return new Timestamp(seconds - Calendar.ZoneToSeconds(bytes[6]));
    }
}
