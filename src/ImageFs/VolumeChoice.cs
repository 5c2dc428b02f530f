using System.Globalization;
using ImageFs.FileSystems;

namespace ImageFs;

/// <summary>Which part of an image is meant, by mount options.</summary>
internal sealed class VolumeChoice
{
    private readonly List<(string Option, Func<Volume, bool> Matches)> _conditions = [];

    /// <summary>First byte of the image that counts: <c>offset=</c> as losetup has it, <c>start=</c> for fstab.</summary>
    internal long Offset { get; private init; }

    /// <summary>Bytes that count from there on: <c>sizelimit=</c>, <c>size=</c>; null for all.</summary>
    internal long? SizeLimit { get; private init; }

    /// <summary>Whether a volume was chosen.</summary>
    internal bool IsMade => _conditions.Count > 0;

    /// <summary>Takes the options that choose.</summary>
    /// <exception cref="MountOptionException">One has a value that is no good.</exception>
    internal static VolumeChoice Take(MountOptions options)
    {
        var choice = new VolumeChoice
        {
            Offset = TakeSize(options, "offset") ?? TakeSize(options, "start") ?? 0,
            SizeLimit = TakeSize(options, "sizelimit") ?? TakeSize(options, "size"),
        };
        uint? number = options.TakeNumber("part");
        choice.Add(number is null ? null : $"part={number}", volume => volume.Partition?.Number == number);
        choice.Add(options, "label", (volume, value) => volume.Label == value || volume.Partition?.Name == value);
        choice.Add(options, "uuid", (volume, value) => IsSame(volume.Uuid, value));
        choice.Add(options, "partuuid", (volume, value) => IsSame(volume.Partition?.Uuid, value));
        choice.Add(options, "type", (volume, value) => IsType(volume.Partition?.Type, value) || volume.Type == value);
        return choice;
    }

    /// <summary>Whether all conditions are met.</summary>
    internal bool Matches(Volume volume) => _conditions.TrueForAll(condition => condition.Matches(volume));

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _conditions.Select(condition => condition.Option));

    private static bool IsSame(string? identifier, string value) => string.Equals(identifier, value, StringComparison.OrdinalIgnoreCase);

    // The type of an MBR is given with or without its 0x.
    private static bool IsType(string? type, string value) => IsSame(type, value) || IsSame(type, $"0x{value}");

    private void Add(MountOptions options, string name, Func<Volume, string, bool> matches)
    {
        string? value = options.TakeValue(name);
        Add(value is null ? null : $"{name}={value}", volume => matches(volume, value!));
    }

    private void Add(string? option, Func<Volume, bool> matches)
    {
        if (option is not null)
        {
            _conditions.Add((option, matches));
        }
    }

    // Bytes, or a number of KiB, MiB or GiB: 512, 1M, 1MiB.
    private static long? TakeSize(MountOptions options, string name)
    {
        string? text = options.TakeValue(name);
        if (text is null)
        {
            return null;
        }

        string number = text.EndsWith("iB", StringComparison.Ordinal) ? text[..^2] : text;
        int shift = number.Length == 0 ? 0 : number[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        if (shift > 0)
        {
            number = number[..^1];
        }

        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= long.MaxValue >> shift
            ? value << shift
            : throw new MountOptionException($"{name}={text}", "wants a number of bytes, or one with K, M, G or T behind it");
    }
}
