using System.Buffers.Binary;
using ImageFs.FileSystems.Times;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>A date and time as UDF has it: a timestamp of ECMA-167 (1/7.3).</summary>
internal static class UdfTime
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 12;

    private const int LocalTime = 1;
    private const int NoZone = -2047;
    private const int MaxPart = 100;

    /// <summary>Reads one, to the microsecond.</summary>
    public static Timestamp Read(ReadOnlySpan<byte> bytes)
    {
        long seconds = CivilTime.ToSeconds(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]), bytes[4], bytes[5], bytes[6], bytes[7], bytes[8]);

        // Some writers leave rubbish in the parts of a second: Linux then takes none of them.
        bool hasParts = bytes[9] < MaxPart && bytes[10] < MaxPart && bytes[11] < MaxPart;
        uint microseconds = hasParts ? (bytes[9] * 10_000u) + (bytes[10] * 100u) + bytes[11] : 0;
        return new Timestamp(seconds - (MinutesAheadOfUtc(bytes) * 60L), microseconds * 1000);
    }

    /// <summary>As a date with its zone, for a person to read; null when it is none.</summary>
    public static DateTimeOffset? ReadDate(ReadOnlySpan<byte> bytes)
    {
        Timestamp time = Read(bytes);
        var zone = TimeSpan.FromMinutes(MinutesAheadOfUtc(bytes));
        bool isDate = bytes[..Length].ContainsAnyExcept((byte)0)
            && time.Seconds >= DateTimeOffset.MinValue.AddDays(2).ToUnixTimeSeconds()
            && time.Seconds <= DateTimeOffset.MaxValue.AddDays(-2).ToUnixTimeSeconds()
            && zone.Duration() <= TimeSpan.FromHours(14);
        return isDate ? DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddTicks(time.Nanoseconds / 100).ToOffset(zone) : null;
    }

    private static int MinutesAheadOfUtc(ReadOnlySpan<byte> bytes)
    {
        ushort typeAndZone = BinaryPrimitives.ReadUInt16LittleEndian(bytes);

        // A signed number of twelve bits.
        int minutes = unchecked((short)(typeAndZone << 4)) >> 4;
        return typeAndZone >> 12 == LocalTime && minutes != NoZone ? minutes : 0;
    }
}
