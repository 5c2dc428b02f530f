namespace ImageFs.FileSystems.SquashFs.Layout;

/// <summary>The layouts of all versions, field by field.</summary>
internal static class Versions
{
    private static readonly InodeLayout s_link4 = new() { Size = 24, Links = new(128, 32), Length = new(160, 32) };
    private static readonly InodeLayout s_device4 = new() { Size = 24, Links = new(128, 32), Device = new(160, 32) };
    private static readonly InodeLayout s_special4 = new() { Size = 20, Links = new(128, 32) };

    private static readonly InodeLayout s_device3 = new() { Size = 18, Links = new(96, 32), Device = new(128, 16) };
    private static readonly InodeLayout s_special3 = new() { Size = 16, Links = new(96, 32) };

    private static readonly InodeLayout s_device2 = new() { Size = 6, Device = new(32, 16) };
    private static readonly InodeLayout s_special2 = new() { Size = 4 };

    private static readonly DirectoryLayout s_directory2 = new()
    {
        HeaderSize = 4,
        Count = new(0, 8),
        Start = new(8, 24),
        EntrySize = 3,
        Offset = new(0, 13),
        Type = new(13, 3),
        NameLength = new(16, 8),
        IndexSize = 8,
        Index = new(0, 27),
        IndexStart = new(27, 29),
        IndexNameLength = new(56, 8),
    };

    /// <summary>Version 1: no fragments, no inode numbers.</summary>
    public static VersionLayout First { get; } = MakeFirst();

    /// <summary>Version 2: fragments, indexes of directories.</summary>
    public static VersionLayout Second { get; } = new()
    {
        Major = 2,
        InodeBase = 4,
        Type = new(0, 4),
        Mode = new(4, 12),
        User = new(16, 8),
        Group = new(24, 8),
        SameGroup = 255,
        Inodes =
        [
            null,
            new() { Size = 15, Length = new(32, 19), Offset = new(51, 13), ModifyTime = new(64, 32), Start = new(96, 24) },
            new()
            {
                Size = 24,
                ModifyTime = new(32, 32),
                Start = new(64, 32),
                Fragment = new(96, 32),
                Offset = new(128, 32),
                Length = new(160, 32),
            },
            new() { Size = 6, Length = new(32, 16) },
            s_device2,
            s_device2,
            s_special2,
            s_special2,
            new()
            {
                Size = 18,
                Length = new(32, 27),
                Offset = new(59, 13),
                ModifyTime = new(72, 32),
                Start = new(104, 24),
                IndexCount = new(128, 16),
            },
        ],
        Directory = s_directory2,
        FragmentEntrySize = 8,
        PointerSize = sizeof(uint),
    };

    /// <summary>Version 3: addresses of 64 bits, inode numbers, links.</summary>
    public static VersionLayout Third { get; } = new()
    {
        Major = 3,
        InodeBase = 12,
        Type = new(0, 4),
        Mode = new(4, 12),
        User = new(16, 8),
        Group = new(24, 8),
        SameGroup = 255,
        ModifyTime = new(32, 32),
        Number = new(64, 32),
        Inodes =
        [
            null,
            new()
            {
                Size = 28,
                Links = new(96, 32),
                Length = new(128, 19),
                Offset = new(147, 13),
                Start = new(160, 32),
                Parent = new(192, 32),
            },
            new() { Size = 32, Start = new(96, 64), Fragment = new(160, 32), Offset = new(192, 32), Length = new(224, 32) },
            new() { Size = 18, Links = new(96, 32), Length = new(128, 16) },
            s_device3,
            s_device3,
            s_special3,
            s_special3,
            new()
            {
                Size = 31,
                Links = new(96, 32),
                Length = new(128, 27),
                Offset = new(155, 13),
                Start = new(168, 32),
                IndexCount = new(200, 16),
                Parent = new(216, 32),
            },
            new()
            {
                Size = 40,
                Links = new(96, 32),
                Start = new(128, 64),
                Fragment = new(192, 32),
                Offset = new(224, 32),
                Length = new(256, 64),
            },
        ],
        Directory = new()
        {
            HeaderSize = 9,
            Count = new(0, 8),
            Start = new(8, 32),
            InodeNumber = new(40, 32),
            EntrySize = 5,
            Offset = new(0, 13),
            Type = new(13, 3),
            NameLength = new(16, 8),
            InodeDelta = new(24, 16),
            IndexSize = 9,
            Index = new(0, 32),
            IndexStart = new(32, 32),
            IndexNameLength = new(64, 8),
        },
        DirectorySurplus = 3,
        FragmentEntrySize = 16,
    };

    /// <summary>Version 4: little-endian whoever writes it, several ways to compress, extended attributes.</summary>
    public static VersionLayout Fourth { get; } = new()
    {
        Major = 4,
        InodeBase = 16,
        Type = new(0, 16),
        Mode = new(16, 16),
        User = new(32, 16),
        Group = new(48, 16),
        ModifyTime = new(64, 32),
        Number = new(96, 32),
        Inodes =
        [
            null,
            new()
            {
                Size = 32,
                Start = new(128, 32),
                Links = new(160, 32),
                Length = new(192, 16),
                Offset = new(208, 16),
                Parent = new(224, 32),
            },
            new() { Size = 32, Start = new(128, 32), Fragment = new(160, 32), Offset = new(192, 32), Length = new(224, 32) },
            s_link4,
            s_device4,
            s_device4,
            s_special4,
            s_special4,
            new()
            {
                Size = 40,
                Links = new(128, 32),
                Length = new(160, 32),
                Start = new(192, 32),
                Parent = new(224, 32),
                IndexCount = new(256, 16),
                Offset = new(272, 16),
                Attributes = new(288, 32),
            },
            new()
            {
                Size = 56,
                Start = new(128, 64),
                Length = new(192, 64),
                Sparse = new(256, 64),
                Links = new(320, 32),
                Fragment = new(352, 32),
                Offset = new(384, 32),
                Attributes = new(416, 32),
            },
            s_link4 with { HasAttributesBehindTarget = true },
            s_device4 with { Size = 28, Attributes = new(192, 32) },
            s_device4 with { Size = 28, Attributes = new(192, 32) },
            s_special4 with { Size = 24, Attributes = new(160, 32) },
            s_special4 with { Size = 24, Attributes = new(160, 32) },
        ],
        Directory = new()
        {
            HeaderSize = 12,
            Count = new(0, 32),
            Start = new(32, 32),
            InodeNumber = new(64, 32),
            EntrySize = 8,
            Offset = new(0, 16),
            InodeDelta = new(16, 16),
            Type = new(32, 16),
            NameLength = new(48, 16),
            IndexSize = 12,
            Index = new(0, 32),
            IndexStart = new(32, 32),
            IndexNameLength = new(64, 32),
        },
        DirectorySurplus = 3,
        FragmentEntrySize = 16,
    };

    /// <summary>The layout of a version.</summary>
    /// <param name="major">Its number, 1 to 4.</param>
    public static VersionLayout Of(int major) => major switch
    {
        1 => First,
        2 => Second,
        3 => Third,
        _ => Fourth,
    };

    private static VersionLayout MakeFirst()
    {
        InodeLayout directory = new() { Size = 14, Length = new(24, 19), Offset = new(43, 13), ModifyTime = new(56, 32), Start = new(88, 24) };
        InodeLayout file = new() { Size = 15, ModifyTime = new(24, 32), Start = new(56, 32), Length = new(88, 32) };
        InodeLayout link = new() { Size = 5, Length = new(24, 16) };
        InodeLayout device = new() { Size = 5, Device = new(24, 16) };
        InodeLayout special = new() { Size = 4, SpecialType = new(24, 4), UserGroup = new(28, 4) };
        InodeLayout[] types = [directory, file, link, device, device];
        return new()
        {
            Major = 1,
            InodeBase = 3,
            Type = new(0, 4),
            Mode = new(4, 12),
            User = new(16, 4),
            Group = new(20, 4),
            SameGroup = 15,
            Inodes = [special, .. types, .. types, .. types],
            Directory = s_directory2 with { IndexSize = 0 },
            BlockEntrySize = sizeof(ushort),
        };
    }
}
