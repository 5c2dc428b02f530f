using ImageFs.FileSystems.Names;
using ImageFs.FileSystems.Permissions;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>How streams that have names are shown.</summary>
internal enum StreamsInterface
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>As extended attributes: <c>user.NAME</c>.</summary>
    Attributes,

    /// <summary>As files beside their file, which are found by name and not listed: <c>FILE:NAME</c>.</summary>
    Windows,
}

/// <summary>The mount options of Linux's ntfs3 that mean something to a reader. Those that only a writer could follow are taken.</summary>
internal sealed class NtfsOptions : PermissionOptions
{
    private static readonly string[] s_forWriters =
        ["acl", "delalloc", "discard", "force", "hide_dot_files", "noacsrules", "prealloc", "sparse", "sys_immutable", "windows_names"];

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public NtfsOptions(OptionList options)
        : base(options)
    {
        ShowsSystemFiles = options.TakeFlag("showmeta");
        HidesHidden = options.TakeFlag("nohidden");
        IgnoresCase = options.TakeFlag("nocase") | options.TakeFlag("ignore_case");
        Streams = TakeStreams(options);
        string? charset = options.TakeValue("nls");
        NameCharset taken = NameCharset.Take(options);
        Names = new ShownNames(charset is null || taken != NameCharset.Utf8 ? taken : NameCharset.Get(charset));
        foreach (string name in s_forWriters)
        {
            options.TryTake(name, out _);
        }
    }

    /// <summary>The help of the options.</summary>
    public static IReadOnlyList<FormatOption> Help =>
    [
        .. PermissionHelp,
        new("showmeta", "list the files of the file system itself"),
        new("nohidden", "do not list files that are hidden"),
        new("nocase", "the case of letters in names does not count"),
        new("ignore_case", "as nocase"),
        new("streams_interface=none|xattr|windows", "show streams that have names: as extended attributes user.NAME (xattr, default), or as FILE:NAME (windows)"),
        new("iocharset=utf8|iso8859-1|koi8-r|euc-jp|gb2312|big5", "the character set of names; any that Linux has (default: utf8)"),
        new("nls=NAME", "as iocharset="),
        .. s_forWriters.Select(name => new FormatOption(name, "accepted")),
    ];

    /// <summary><c>showmeta</c>: whether system files are listed.</summary>
    public bool ShowsSystemFiles { get; }

    /// <summary><c>nohidden</c>: whether files are left out of listings that have the attribute.</summary>
    public bool HidesHidden { get; }

    /// <summary><c>nocase</c>, of ntfs-3g <c>ignore_case</c>: whether the case of letters does not count in a lookup.</summary>
    public bool IgnoresCase { get; }

    /// <summary><c>streams_interface=</c> of ntfs-3g: how streams that have names are shown.</summary>
    public StreamsInterface Streams { get; }

    /// <summary><c>iocharset=</c>, <c>nls=</c>: how names are shown.</summary>
    public ShownNames Names { get; }

    private static StreamsInterface TakeStreams(OptionList options) => options.TakeValue("streams_interface") switch
    {
        null or "xattr" => StreamsInterface.Attributes,
        "windows" => StreamsInterface.Windows,
        "none" => StreamsInterface.None,
        string value => throw new OptionException($"streams_interface={value}", "must be none, xattr or windows"),
    };
}
