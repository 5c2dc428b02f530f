using System.Globalization;
using ImageFs.FileSystems.Names;
using ImageFs.FileSystems.Permissions;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Clusters;

/// <summary>
/// The mount options that Linux's vfat and exfat share: what these formats do not record, owner, permissions and time zone.
/// </summary>
internal class ClusterOptions : PermissionOptions
{
    /// <summary>The help of the options that FAT and exFAT share.</summary>
    public static IReadOnlyList<FormatOption> Shared =>
    [
        .. PermissionHelp,
        new("time_offset=MINUTES", "how far times in the image are ahead of UTC (default: 0)"),
        new("tz=UTC", "times in the image are UTC (default)"),
        new("utf8", "names in UTF-8 (default)"),
        new("iocharset=utf8|iso8859-1|koi8-r|euc-jp|gb2312|big5", "the character set of names; any that Linux has (default: utf8)"),
    ];

    /// <summary>The help of those that both accept without effect.</summary>
    public static IReadOnlyList<FormatOption> Accepted =>
    [
        new("allow_utime=OCTAL", "accepted"),
        new("debug", "accepted"),
        new("discard", "accepted"),
        new("errors=continue|panic|remount-ro", "accepted"),
    ];

    private const uint ExecutePermissions = 0x49;
    private const int MaxTimeOffset = 24 * 60;

    // What Linux shows names in where nobody says a set and UTF-8 is off (FAT_DEFAULT_IOCHARSET, as it comes).
    private const string KernelCharset = "iso8859-1";

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public ClusterOptions(OptionList options)
        : base(options)
    {
        AheadOfUtc = TakeTimeOffset(options);
        Charset = TakeCharset(options);

        // They concern writing, or what a mount does not show.
        options.TakeNumber("allow_utime", octal: true);
        options.TakeFlag("debug");
        options.TakeFlag("discard");
        options.TakeChoice("errors", "continue", "panic", "remount-ro");
    }

    /// <summary><c>iocharset=</c>: the character set that names are shown in; <c>utf8</c> counts more.</summary>
    public NameCharset Charset { get; }

    /// <summary>
    /// <c>time_offset=</c>: seconds by which the clock was ahead of UTC that wrote times without a zone. Linux takes the system's zone
    /// (sys_tz) for vfat when nothing is given, which is UTC on most systems; here it is always UTC.
    /// </summary>
    public long AheadOfUtc { get; }

    /// <summary>The permission bits of a file or directory.</summary>
    /// <param name="type">Which of them.</param>
    /// <param name="isReadOnly">Whether its attribute says so.</param>
    /// <param name="isExecutable">Whether it may be executed.</param>
    public uint Permissions(NodeType type, bool isReadOnly, bool isExecutable) =>
        Permissions(type, isReadOnly) & (isExecutable ? ~0u : ~ExecutePermissions);

    /// <summary>Takes an option that Linux takes bare or with <c>=0|no|false|1|yes|true</c>; null when it was not given.</summary>
    protected static bool? TakeBoolean(OptionList options, string name)
    {
        if (!options.TryTake(name, out string? value))
        {
            return null;
        }

        return value switch
        {
            null or "1" or "yes" or "true" => true,
            "0" or "no" or "false" => false,
            _ => throw new OptionException($"{name}={value}", "must be yes or no"),
        };
    }

    private static NameCharset TakeCharset(OptionList options)
    {
        string? name = options.TakeValue("iocharset");
        return TakeBoolean(options, "utf8") switch
        {
            true => NameCharset.Utf8,
            false => NameCharset.Get(name ?? KernelCharset),
            _ => name is null ? NameCharset.Utf8 : NameCharset.Get(name),
        };
    }

    private static long TakeTimeOffset(OptionList options)
    {
        string? zone = options.TakeValue("tz");
        if (zone is not (null or "UTC"))
        {
            throw new OptionException($"tz={zone}", "must be UTC; for another zone use time_offset=MINUTES");
        }

        string? text = options.TakeValue("time_offset");
        if (text is null)
        {
            return 0;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int minutes)
            && minutes is >= -MaxTimeOffset and <= MaxTimeOffset
            ? minutes * 60L
            : throw new OptionException($"time_offset={text}", $"must be minutes from -{MaxTimeOffset} to {MaxTimeOffset}");
    }
}
