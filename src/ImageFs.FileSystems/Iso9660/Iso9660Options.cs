using ImageFs.FileSystems.Names;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Which of an image's directory trees is shown, and where its names come from.</summary>
internal enum Iso9660Tree
{
    /// <summary>The primary tree with its own identifiers.</summary>
    Plain,

    /// <summary>The supplementary tree of Joliet.</summary>
    Joliet,

    /// <summary>The primary tree with Rock Ridge's names and attributes where it has them.</summary>
    RockRidge,
}

/// <summary>The mount options of Linux's isofs.</summary>
internal sealed class Iso9660Options
{
    private const uint PermissionBits = 0x1FF;

    /// <summary>Takes the options that isofs knows.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public Iso9660Options(OptionList options)
    {
        NoRockRidge = options.TakeFlag("norock");
        NoJoliet = options.TakeFlag("nojoliet");
        NoCompression = options.TakeFlag("nocompress");
        Cruft = options.TakeFlag("cruft");
        Hide = options.TakeFlag("hide");
        bool unhide = options.TakeFlag("unhide");
        ShowAssociated = options.TakeFlag("showassoc") || unhide;
        OverrideRockRidgePermissions = options.TakeFlag("overriderockperm");
        UserId = options.TakeUser("uid");
        GroupId = options.TakeGroup("gid");
        FileMode = options.TakeNumber("mode", octal: true, max: 0xFFFF) & PermissionBits;
        DirectoryMode = options.TakeNumber("dmode", octal: true, max: 0xFFFF) & PermissionBits;
        Session = options.TakeNumber("session", max: 98);
        DescriptorSector = options.TakeNumber("sbsector", max: int.MaxValue);
        Shift = options.TakeNumber("shift", max: int.MaxValue);
        Mapping = options.TakeValue("map") switch
        {
            null or "n" or "normal" => NameMapping.Normal,
            "o" or "off" => NameMapping.Off,
            "a" or "acorn" => NameMapping.Acorn,
            string other => throw new OptionException($"map={other}", "must be normal, off or acorn"),
        };
        CheckRelaxed = options.TakeValue("check") switch
        {
            null => null,
            "r" or "relaxed" => true,
            "s" or "strict" => false,
            string other => throw new OptionException($"check={other}", "must be relaxed or strict"),
        };
        if (options.TakeNumber("block") is uint size and not (512 or 1024 or 2048))
        {
            throw new OptionException($"block={size}", "is 512, 1024 or 2048");
        }

        Charset = NameCharset.Take(options);
    }

    /// <summary><c>norock</c>: Rock Ridge is not looked at.</summary>
    public bool NoRockRidge { get; }

    /// <summary><c>nojoliet</c>: Joliet is not looked at.</summary>
    public bool NoJoliet { get; }

    /// <summary><c>nocompress</c>: zisofs files are shown as they are recorded.</summary>
    public bool NoCompression { get; }

    /// <summary><c>cruft</c>: the high byte of a file's length is rubbish.</summary>
    public bool Cruft { get; }

    /// <summary><c>hide</c>: hidden files are not shown.</summary>
    public bool Hide { get; }

    /// <summary><c>showassoc</c>, or <c>unhide</c> as in Linux: associated files are shown.</summary>
    public bool ShowAssociated { get; }

    /// <summary><c>overriderockperm</c>: <c>mode=</c> and <c>dmode=</c> count more than Rock Ridge.</summary>
    public bool OverrideRockRidgePermissions { get; }

    /// <summary><c>uid=</c>: owner of everything.</summary>
    public uint? UserId { get; }

    /// <summary><c>gid=</c>: group of everything.</summary>
    public uint? GroupId { get; }

    /// <summary><c>mode=</c>: permissions of files without Rock Ridge.</summary>
    public uint? FileMode { get; }

    /// <summary><c>dmode=</c>: permissions of directories without Rock Ridge.</summary>
    public uint? DirectoryMode { get; }

    /// <summary><c>session=</c>: which session's tree is shown, counted from 0.</summary>
    public uint? Session { get; }

    /// <summary><c>sbsector=</c>: sector of 2048 bytes that the system area in front of the volume descriptors begins at.</summary>
    public uint? DescriptorSector { get; }

    /// <summary><c>shift=</c>: the number that the image's first sector of 2048 bytes has on the disc whose session it is.</summary>
    public uint? Shift { get; }

    /// <summary><c>map=</c>.</summary>
    public NameMapping Mapping { get; }

    /// <summary><c>check=</c>: whether case counts in a lookup; null when it was not given.</summary>
    public bool? CheckRelaxed { get; }

    /// <summary><c>iocharset=</c>, or <c>utf8</c>.</summary>
    public NameCharset Charset { get; }
}
