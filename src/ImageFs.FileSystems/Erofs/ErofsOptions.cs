using System.Globalization;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Erofs;

/// <summary>
/// The options of EROFS (Documentation/filesystems/erofs.rst). Those that are about Linux's own caches are taken, so that a line of fstab can be
/// used as it is.
/// </summary>
/// <param name="UserAttributes">Whether extended attributes of users are shown.</param>
/// <param name="AccessControlLists">Whether access control lists are shown.</param>
/// <param name="Offset">Where the volume begins, in bytes (<c>fsoffset=</c>).</param>
internal sealed record ErofsOptions(bool UserAttributes, bool AccessControlLists, long Offset)
{
    private const string OffsetOption = "fsoffset";
    private const int OffsetUnit = 512;
    private const string Accepted = "accepted: it is about Linux's own caches";

    /// <summary>The help of the options.</summary>
    public static IReadOnlyList<FormatOption> Help =>
    [
        new("fsoffset=N", "the byte of the device that the volume begins at"),
        new("acl", "show access control lists (default)"),
        new("noacl", "do not"),
        new("user_xattr", "show extended attributes of users (default)"),
        new("nouser_xattr", "do not"),
        new("cache_strategy=disabled|readahead|readaround", Accepted),
        new("dax=always|never", Accepted),
        new("directio", Accepted),
        new("fsid=NAME", Accepted),
        new("domain_id=NAME", Accepted),
        new("inode_share", Accepted),
    ];

    /// <summary>Takes the options out of those of a mount.</summary>
    /// <exception cref="OptionException">One has a value that it cannot have.</exception>
    public static ErofsOptions Take(OptionList options)
    {
        options.TakeChoice("cache_strategy", "disabled", "readahead", "readaround");
        if (options.TryTake("dax", out string? dax) && dax is not (null or "always" or "never"))
        {
            throw new OptionException($"dax={dax}", "must be always or never, or stand alone");
        }

        options.TakeFlag("directio");
        options.TakeFlag("inode_share");
        options.TakeValue("fsid");
        options.TakeValue("domain_id");
        return new ErofsOptions(TakeSwitch(options, "user_xattr", "nouser_xattr"), TakeSwitch(options, "acl", "noacl"), TakeOffset(options));
    }

    /// <summary>Takes <c>fsoffset=</c>; 0 when it was not given.</summary>
    /// <exception cref="OptionException">It is no place of a sector.</exception>
    public static long TakeOffset(OptionList options) =>
        options.TakeValue(OffsetOption) is not { } text ? 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long offset) && offset % OffsetUnit == 0 ? offset
        : throw new OptionException($"{OffsetOption}={text}", "must be a number of bytes, and a multiple of the block size");

    // Both words are taken, whichever counts.
    private static bool TakeSwitch(OptionList options, string on, string off)
    {
        bool isOn = !options.TakeFlag(off);
        return options.TakeFlag(on) || isOn;
    }
}
