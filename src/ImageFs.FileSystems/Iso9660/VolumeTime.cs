using System.Globalization;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>A date and time in sixteen digits and a zone (ECMA-119 8.4.26.1).</summary>
internal static class VolumeTime
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 17;

    /// <summary>As a point in time; null when it is not specified, or no date.</summary>
    public static Timestamp? Read(ReadOnlySpan<byte> bytes)
    {
        if (!IsSpecified(bytes))
        {
            return null;
        }

        long seconds = Calendar.ToSeconds(
            Number(bytes[..4]),
            Number(bytes[4..6]),
            Number(bytes[6..8]),
            Number(bytes[8..10]),
            Number(bytes[10..12]),
            Number(bytes[12..14]));
        return new Timestamp(seconds - Calendar.ZoneToSeconds(bytes[16]), (uint)Number(bytes[14..16]) * 10_000_000);
    }

    /// <summary>As date, time and zone; null when it is not specified, or no date.</summary>
    public static DateTimeOffset? ReadWithZone(ReadOnlySpan<byte> bytes)
    {
        if (Read(bytes) is not Timestamp time
            || time.Seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() + Calendar.MaxZoneSeconds
            || time.Seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() - Calendar.MaxZoneSeconds)
        {
            return null;
        }

        DateTimeOffset utc = DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddMilliseconds(time.Nanoseconds / 1_000_000);
        return utc.ToOffset(TimeSpan.FromSeconds(Calendar.ZoneToSeconds(bytes[16])));
    }

    /// <summary>The digits as a volume's UUID, as blkid forms it: <c>2024-01-31-12-00-00-00</c>; null when it is not specified.</summary>
    public static string? ToUuid(ReadOnlySpan<byte> bytes)
    {
        if (!IsSpecified(bytes))
        {
            return null;
        }

        string digits = System.Text.Encoding.ASCII.GetString(bytes[..16]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{digits[..4]}-{digits[4..6]}-{digits[6..8]}-{digits[8..10]}-{digits[10..12]}-{digits[12..14]}-{digits[14..]}");
    }

    private static bool IsSpecified(ReadOnlySpan<byte> bytes) =>
        !bytes[..16].ContainsAnyExceptInRange((byte)'0', (byte)'9') && bytes[..16].ContainsAnyExcept((byte)'0');

    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            number = (number * 10) + digit - '0';
        }

        return number;
    }
}
