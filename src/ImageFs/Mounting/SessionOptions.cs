using ImageFs.Confinement;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Mounting;

/// <summary>The options that concern the mount, not the format: mount(8)'s words, fstab's, and those of FUSE.</summary>
internal static class SessionOptions
{
    private const uint MaxTimeout = 365 * 24 * 60 * 60;

    // Words that are meant for mount(8), systemd or a writable mount, and ask nothing of a read-only one.
    private static readonly string[] s_ignored =
    [
        "defaults", "auto", "noauto", "nofail", "_netdev", "nouser", "nogroup", "noowner", "loop", "ro", "async", "sync", "dirsync",
        "mand", "nomand", "iversion", "noiversion", "silent", "loud", "lazytime", "nolazytime", "comment",
        "helper", "uhelper", "relatime", "norelatime", "strictatime", "nostrictatime",
    ];

    // libfuse's tuning of a mount, and what squashfuse and fuseiso have of it: here it is found out, or has a name of its own.
    private static readonly string[] s_tuning =
    [
        "kernel_cache", "auto_cache", "noauto_cache", "direct_io", "big_writes", "large_read", "async_read", "sync_read", "atomic_o_trunc",
        "clone_fd", "max_idle_threads", "max_read", "max_write", "max_readahead", "max_background", "congestion_threshold",
        "entry_timeout", "negative_timeout", "attr_timeout", "ac_attr_timeout", "remember", "noforget", "nonempty", "hard_remove",
        "use_ino", "readdir_ino", "intr", "intr_signal", "splice_read", "splice_write", "splice_move", "no_splice_read",
        "no_splice_write", "no_splice_move",
    ];

    // Each word with what it adds to the flags and what it takes from them; later words win, as for mount(8).
    private static readonly (string Word, MountFlags Add, MountFlags Remove)[] s_flags =
    [
        ("user", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, 0),
        ("users", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, 0),
        ("owner", MountFlags.NoSuid | MountFlags.NoDev, 0),
        ("group", MountFlags.NoSuid | MountFlags.NoDev, 0),
        ("nosuid", MountFlags.NoSuid, 0),
        ("suid", 0, MountFlags.NoSuid),
        ("nodev", MountFlags.NoDev, 0),
        ("dev", 0, MountFlags.NoDev),
        ("noexec", MountFlags.NoExec, 0),
        ("exec", 0, MountFlags.NoExec),
        ("noatime", MountFlags.NoAtime, 0),
        ("atime", 0, MountFlags.NoAtime),
        ("nodiratime", MountFlags.NoDirAtime, 0),
        ("diratime", 0, MountFlags.NoDirAtime),
        ("nosymfollow", MountFlags.NoSymFollow, 0),
        ("symfollow", 0, MountFlags.NoSymFollow),
    ];

    /// <summary>Takes the options of the mount; the format's are left.</summary>
    /// <param name="options">All options.</param>
    /// <param name="source">The image's path, shown as the source of the mount.</param>
    /// <param name="mountPoint">The mount point, absolute.</param>
    /// <param name="warn">Called with what is not possible: <c>rw</c>.</param>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    internal static FuseMountOptions Take(OptionList options, string source, string mountPoint, Action<string> warn)
    {
        if (options.TakeFlag("rw"))
        {
            warn("images are mounted read-only");
        }

        if (options.TakeFlag("remount"))
        {
            throw new OptionException("remount", "cannot be done: unmount, and mount again");
        }

        foreach (string word in options.Names.Where(IsIgnored).ToArray())
        {
            options.TryTake(word, out _);
        }

        MountFlags flags = MountFlags.NoSuid | MountFlags.NoDev;
        foreach (string name in options.Names.ToArray())
        {
            int index = Array.FindIndex(s_flags, flag => flag.Word == name);
            if (index >= 0)
            {
                flags = (flags & ~s_flags[index].Remove) | s_flags[index].Add;
                options.TryTake(name, out _);
            }
        }

        bool allowRoot = options.TakeFlag("allow_root");
        bool allowOther = options.TakeFlag("allow_other");
        if (allowRoot && allowOther)
        {
            throw new OptionException("allow_root", "cannot be combined with allow_other");
        }

        uint timeout = options.TakeNumber("timeout", max: MaxTimeout) ?? 0;
        bool? ahead = TakeChoice(options, "ahead", "none", "files");
        bool cachesOnce = TakeCache(options);
        var taken = new FuseMountOptions
        {
            MountPoint = mountPoint,
            Source = options.TakeValue("fsname") ?? source,
            Subtype = options.TakeValue("subtype") ?? "imagefs",
            Flags = flags,
            SecurityContexts = TakeContexts(options),
            AllowOther = allowOther || (Processes.IsRoot && !allowRoot),
            AllowRoot = allowRoot && !Processes.IsRoot,
            IdleTimeout = timeout > 0 ? TimeSpan.FromSeconds(timeout) : null,
            DefaultPermissions = options.TakeFlag("default_permissions") || Processes.IsRoot,
            Workers = (int?)options.TakeNumber("max_threads", max: 1024) ?? 0,
            ForceReply = options.TakeValue("reply") is { } way ? ParseWay(way) : null,
            CachesOnce = cachesOnce,
            StoresAhead = ahead ?? !cachesOnce,
            DecodesAhead = ahead ?? true,
            CopiesHeaders = TakeChoice(options, "reply-header", "vmsplice", "write") ?? false,
            FollowsReaders = TakeChoice(options, "affinity", "reader", "any") != true,
            Transport = options.TakeValue("transport") is { } transport ? ParseTransport(transport) : FuseTransport.Device,
        };
        RefuseContradiction(taken);
        return taken;
    }

    /// <summary>Takes the options of the mount where nothing is mounted: they are checked, and have no effect.</summary>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    internal static void Drop(OptionList options)
    {
        _ = options.TakeFlag("auto_unmount");
        _ = EngineOptions.Take(options);
        _ = Sandbox.Take(options);
        _ = Take(options, source: string.Empty, mountPoint: "/", static _ => { });
    }

    // For SELinux; elsewhere the kernel would refuse them, and mount(8) drops them.
    private static string TakeContexts(OptionList options)
    {
        var contexts = new List<string>();
        foreach (string name in (ReadOnlySpan<string>)["context", "fscontext", "defcontext", "rootcontext"])
        {
            if (options.TakeValue(name) is { } context)
            {
                contexts.Add($"{name}=\"{context}\"");
            }
        }

        return Paths.Exists("/sys/fs/selinux/enforce") ? string.Join(',', contexts) : string.Empty;
    }

    private static bool IsIgnored(string name) =>
        s_ignored.Contains(name) || s_tuning.Contains(name) || name.StartsWith("x-", StringComparison.OrdinalIgnoreCase);

    private static ReplyWay? ParseWay(string way) => way switch
    {
        "auto" => null,
        "splice" => ReplyWay.Splice,
        "gather" => ReplyWay.Gather,
        "direct" => ReplyWay.Direct,
        "copy" => ReplyWay.Copy,
        _ => throw new OptionException($"reply={way}", "must be auto, splice, gather, direct or copy"),
    };

    // Whether the mount's cache alone is to keep anything: by two words, for the image's cache is there without being asked for, and a file is made.
    private static bool TakeCache(OptionList options) => options.TakeValue("cache") switch
    {
        null or "shared" => false,
        "once" or "none" => true,
        string other => throw new OptionException($"cache={other}", "is shared, once or none"),
    };

    // Whether the second of two words was chosen; null for neither.
    private static bool? TakeChoice(OptionList options, string name, string first, string second)
    {
        string? value = options.TakeValue(name);
        if (value is not null && value != first && value != second)
        {
            throw new OptionException($"{name}={value}", $"is {first} or {second}");
        }

        return value is null ? null : value == second;
    }

    // A ring reads into its own buffers: nothing of that is by reference, or past the image's cache.
    private static void RefuseContradiction(FuseMountOptions options)
    {
        if (options.Transport == FuseTransport.Ring && options.CachesOnce)
        {
            throw new OptionException("cache=once", "cannot be combined with transport=uring");
        }

        if (options is { Transport: FuseTransport.Ring, ForceReply: not (null or ReplyWay.Copy) })
        {
            throw new OptionException("reply", "must be auto or copy with transport=uring");
        }

        if (options is { CachesOnce: true, StoresAhead: true })
        {
            throw new OptionException("ahead=files", "cannot be combined with cache=once");
        }

        if (options is { CachesOnce: true, ForceReply: not (null or ReplyWay.Direct) })
        {
            throw new OptionException("reply", "must be auto or direct with cache=once");
        }
    }

    private static FuseTransport ParseTransport(string transport) => transport switch
    {
        "auto" or "dev" => FuseTransport.Device,
        "uring" => FuseTransport.Ring,
        _ => throw new OptionException($"transport={transport}", "must be auto, dev or uring"),
    };
}
