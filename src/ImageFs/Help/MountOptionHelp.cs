using ImageFs.Images;
using ImageFs.Storage.Formats;

namespace ImageFs.Help;

/// <summary>The words of <c>-o</c>, for helps and completions. The manual says more of each (docs/man/mount-options.man), under the same headings.</summary>
internal static class MountOptionHelp
{
    /// <summary>All of them: what is typed, with its choices where it has few, and what it means.</summary>
    internal static IReadOnlyList<HelpGroup> Groups { get; } =
    [
        Group(
            "Which part of the image",
            [
                ($"fs={string.Join('|', KnownFormats.FileSystems.Select(format => format.Name))}", "the format, if the image has several"),
                ("part=N", "the partition of that number"),
                ("label=TEXT", "the volume of that label"),
                ("uuid=ID", "the volume whose file system has that UUID"),
                ("partuuid=ID", "the partition of that UUID"),
                ("type=TYPE", "the partition, or the file system, of that type"),
                ("left-out=warn|error", "what happens to volumes that cannot be shown (default: warn)"),
                ("offset=BYTES", "where the part to read begins; K, M, G may follow (default: 0)"),
                ("sizelimit=BYTES", "how long it is (default: all)"),
                ("start=BYTES", "offset= for fstab, where mount(8) takes offset= itself"),
                ("size=BYTES", "sizelimit= in fstab"),
                ("sector-size=512|1024|2048|4096", "the unit of the partition table"),
                ("container=FORMAT", "the format of the disk image; raw for none"),
                .. KnownFormats.Containers.SelectMany(format => format.Options).Distinct().Select(Row),
                ("backing-file=FILE", "the backing file or parent, if it was moved"),
                ("parent=FILE", "the older name of backing-file="),
                ("extent=FILE", "a part of the disk that was moved; NAME=FILE if it was renamed as well"),
                ("device=FILE", "a further image or device with a part of a volume; may be repeated"),
                .. KnownFormats.Volumes.SelectMany(format => format.Options).Select(Row),
                ("key-file=FILE", "the key of an encrypted volume: all bytes of the file"),
                ("key-fd=N", "the same, from an open descriptor"),
                ("tree", "the image is a folder: show every image in it as a folder"),
                ("nested", "show what is in images inside, in a folder beside each: x.iso.d"),
                ("nested-depth=N", "how many images may lie in each other there, 1 to 8 (default: 3)"),
                ("idle=SECONDS", "when an image of a folder or inside is closed (default: 60)"),
                ("backing=folder|any|device", "which other files an image may use (default: folder)"),
            ]),
        Group(
            "Who may see it",
            ("allow_other", "let other users in (default for root)"),
            ("allow_root", "let root in, and nobody else"),
            ("default_permissions", "have the kernel check permissions (default for root)"),
            ("nosuid", "set-user-ID bits do not count (default)"),
            ("nodev", "device nodes do not work (default)"),
            ("noexec", "nothing can be executed"),
            ("suid", "undoes nosuid, for root"),
            ("dev", "undoes nodev, for root"),
            ("exec", "undoes noexec"),
            ("noatime", "as for mount(8)"),
            ("nosymfollow", "symbolic links are not followed")),
        Group(
            "Owners and permissions, of any format",
            ("uid=USER", "owner of everything, by number or name"),
            ("gid=GROUP", "group of everything"),
            ("mode=OCTAL", "permissions of files (iso9660: of those that have none)"),
            ("dmode=OCTAL", "permissions of directories (iso9660: the same)"),
            ("umask=OCTAL", "permissions to take away"),
            ("fmask=OCTAL", "permissions to take away from files"),
            ("dmask=OCTAL", "permissions to take away from directories")),
        Group(
            "Words of fstab",
            ("ro", "images are always read-only"),
            ("rw", "warned of"),
            ("remount", "refused: unmount, and mount again"),
            ("defaults", "accepted"),
            ("auto", "for mount(8)"),
            ("noauto", "for mount(8)"),
            ("user", "for mount(8)"),
            ("users", "for mount(8)"),
            ("nofail", "for mount(8)"),
            ("_netdev", "for mount(8)"),
            ("loop", "accepted: no loop device is needed"),
            ("uhelper=NAME", "for umount(8)"),
            ("context=LABEL", "for SELinux; so are fscontext=, defcontext= and rootcontext=")),
        Group(
            "How it is served",
            ("engine=fuse|kernel|auto", "kernel: Linux mounts it by itself, and no server stays (default: fuse)"),
            ("sandbox=strict|basic|off", "how much is given up before the image is looked at (default: strict)"),
            ("engine-copy=BYTES", "how much may be copied into memory for that (default: 64M)"),
            ("passthrough", "Linux reads files by itself, and a server does the rest: for few large files; for root"),
            ("reply=auto|splice|gather|direct|copy", "how file data goes to the kernel (default: auto)"),
            ("cache=shared|once|none", "what is kept: once or none, by the mount's page cache alone (default: shared)"),
            ("cache-dir=DIR", "where files are made for what is kept of remote and compressed images (default: ~/.cache/imagefs)"),
            ("cache-limit=BYTES", "how much is kept there at most (default: 2G)"),
            ("download", "fetch an image of a server whole before it is mounted"),
            ("http-header=HEADER", "NAME: VALUE for each request to a server of HTTP, or @FILE with a line for each; may be repeated"),
            ("netrc=FILE", "users and passwords of servers (default: ~/.netrc)"),
            ("ca=FILE", "the authorities that certificates of servers are to be from, in PEM (default: the machine's)"),
            ("retry-time=SECONDS", "how long a server that does not answer is tried again (default: 30)"),
            ("cache-size=BYTES", "memory for what is kept, 64K to 1G (default: 16M)"),
            ("ahead=files|none", "files: store small files before they are asked for (default, except with cache=once); none: decode nothing ahead either"),
            ("affinity=reader|any", "where the answering threads run (default: reader)"),
            ("reply-header=vmsplice|write", "how the header of a spliced reply is written (default: vmsplice)"),
            ("transport=auto|dev|uring", "how requests arrive (default: auto)"),
            ("timeout=SECONDS", "unmount when nobody uses it for so long (default: never)"),
            ("auto_unmount", "unmount when the server has died"),
            ("max_threads=N", "worker threads (default: by the processors)"),
            ("fsname=NAME", "what /proc/mounts shows as the source (default: the image)"),
            ("subtype=NAME", "what /proc/mounts shows after fuse. (default: imagefs)")),
        .. KnownFormats.FileSystems.Select(format => new HelpGroup($"{format.Name} (-o)", [.. format.Options.Select(Row)])),
    ];

    private static HelpGroup Group(string title, params (string Term, string Meaning)[] rows) => new($"{title} (-o)", rows);

    private static (string Term, string Meaning) Row(FormatOption option) => (option.Term, option.Meaning);
}
