using ImageFs.FileSystems.Names;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf;

/// <summary>The mount options of Linux's udf.</summary>
internal sealed class UdfOptions
{
    private const uint PermissionBits = 0x1FF;

    // What Linux shows a file without an owner as: overflowuid.
    private const uint Nobody = 65534;

    private static readonly int[] s_blockSizes = [512, 1024, 2048, 4096];

    private const int DiscSectorSize = 2048;

    // They concern writing, or have long had no effect.
    private static readonly string[] s_ignored =
        ["strict", "nostrict", "adinicb", "noadinicb", "shortad", "longad", "volume", "partition", "fileset", "rootdir"];

    /// <summary>Takes the options that udf knows.</summary>
    /// <param name="options">The mount options.</param>
    /// <param name="source">The volume: a disc tells where its last session begins.</param>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public UdfOptions(OptionList options, BlockSource source)
    {
        IgnoreRecognition = options.TakeFlag("novrs");
        ShowHidden = options.TakeFlag("unhide");
        ShowDeleted = options.TakeFlag("undelete");
        UserId = TakeOwner(options, "uid", options.TakeUser);
        GroupId = TakeOwner(options, "gid", options.TakeGroup);
        Mask = (options.TakeNumber("umask", octal: true) ?? 0) & PermissionBits;
        FileMode = options.TakeNumber("mode", octal: true) & PermissionBits;
        DirectoryMode = options.TakeNumber("dmode", octal: true) & PermissionBits;
        Session = FindSession(options.TakeNumber("session", max: int.MaxValue), source.Find<SessionTable>());
        Shift = options.TakeNumber("shift", max: int.MaxValue);
        LastBlock = options.TakeNumber("lastblock");
        Anchor = options.TakeNumber("anchor");
        BlockSizes = options.TakeNumber("bs") switch
        {
            null => s_blockSizes,
            uint size when s_blockSizes.Contains((int)size) => [(int)size],
            uint size => throw new OptionException($"bs={size}", "is 512, 1024, 2048 or 4096"),
        };
        Charset = NameCharset.Take(options);
        foreach (string name in s_ignored)
        {
            options.TryTake(name, out _);
        }
    }

    /// <summary><c>novrs</c>: the volume recognition sequence is not looked at.</summary>
    public bool IgnoreRecognition { get; }

    /// <summary><c>unhide</c>: hidden files are shown.</summary>
    public bool ShowHidden { get; }

    /// <summary><c>undelete</c>: deleted files are shown.</summary>
    public bool ShowDeleted { get; }

    /// <summary><c>umask=</c>: permissions that nobody has.</summary>
    public uint Mask { get; }

    /// <summary><c>mode=</c>: permissions of everything but directories.</summary>
    public uint? FileMode { get; }

    /// <summary><c>dmode=</c>: permissions of directories.</summary>
    public uint? DirectoryMode { get; }

    /// <summary>The block that the session begins at: <c>session=</c>; of a disc the last one unless given.</summary>
    public uint Session { get; private set; }

    /// <summary><c>shift=</c>: the number that the image's first sector of 2048 bytes has on the disc whose session it is.</summary>
    public uint? Shift { get; }

    /// <summary><c>lastblock=</c>: the last block that was recorded.</summary>
    public uint? LastBlock { get; }

    /// <summary><c>anchor=</c>: a block where an anchor is.</summary>
    public uint? Anchor { get; }

    /// <summary><c>bs=</c>: the sizes of blocks that are tried.</summary>
    public IReadOnlyList<int> BlockSizes { get; private set; }

    /// <summary><c>iocharset=</c>, or <c>utf8</c>.</summary>
    public NameCharset Charset { get; }

    private uint? UserId { get; }

    private uint? GroupId { get; }

    /// <summary>The image is one of a session that begins at a block of the disc: addresses count from the disc's start.</summary>
    public void MoveTo(uint session)
    {
        Session += session;
        BlockSizes = [DiscSectorSize];
    }

    /// <summary>The owner of a file: that of <c>uid=</c>, or the recorded one.</summary>
    public uint FindUser(uint recorded) => UserId ?? (recorded == uint.MaxValue ? Nobody : recorded);

    /// <summary>The group of a file: that of <c>gid=</c>, or the recorded one.</summary>
    public uint FindGroup(uint recorded) => GroupId ?? (recorded == uint.MaxValue ? Nobody : recorded);

    /// <summary>The permission bits of a file or directory.</summary>
    public uint FindPermissions(NodeType type, uint recorded) =>
        ((type == NodeType.Directory ? DirectoryMode : FileMode) ?? recorded) & ~Mask;

    // For Linux it is a block. Of a disc that tells its sessions it is a number, from 0, too: none but the first begins at so low a block.
    private static uint FindSession(uint? given, SessionTable? sessions)
    {
        long? start = given is uint number
            ? (number < sessions?.Starts.Count ? sessions.Starts[(int)number] : null)
            : sessions?.Default;
        return start is long known ? (uint)(known / DiscSectorSize) : given ?? 0;
    }

    private static uint? TakeOwner(OptionList options, string name, Func<string, uint?> take)
    {
        // These two are about writing without an owner, and reading without one.
        OptionList own = options.Copy();
        if (own.TakeValue(name) is "forget" or "ignore")
        {
            options.TryTake(name, out _);
            return null;
        }

        return take(name);
    }
}
