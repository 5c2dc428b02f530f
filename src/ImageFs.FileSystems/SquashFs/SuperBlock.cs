using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>The super block, of any version: what it says, in one shape (squashfs_super_block; squashfs_super_block_3).</summary>
internal sealed class SuperBlock
{
    /// <summary>Bytes of the longest there is: that of version 3.</summary>
    public const int MaxSize = 119;

    /// <summary>Bytes of that of version 4.</summary>
    public const int Size4 = 96;

    /// <summary>The address of a table that there is not.</summary>
    public const ulong NoTable = ulong.MaxValue;

    private const string Clause = "squashfs_super_block";

    private const int MinBlockLog = 12;
    private const int MaxBlockLog = 20;
    private const int MinBlockLogOf1 = 9;

    private SuperBlock(ReadOnlySpan<byte> bytes, Magic magic)
    {
        Magic = magic;
        var fields = new Fields(bytes, magic.IsBigEndian);
        Major = fields.Small(new Field(224, 16));
        Minor = fields.Small(new Field(240, 16));
        Inodes = fields.Word(new Field(32, 32));
    }

    /// <summary>The magic number that it begins with.</summary>
    public Magic Magic { get; }

    public int Major { get; }

    public int Minor { get; }

    /// <summary>Inodes that there are.</summary>
    public uint Inodes { get; }

    /// <summary>Bytes of a block of a file.</summary>
    public int BlockSize { get; private set; }

    /// <summary>The same as a power of two.</summary>
    public int BlockLog { get; private set; }

    /// <summary>When it was made, in seconds since 1970.</summary>
    public uint MakeTime { get; private set; }

    /// <summary>How it is compressed (version 4).</summary>
    public int Compression { get; private set; }

    public SuperBlockFlags Flags { get; private set; }

    /// <summary>Entries of the table of fragments.</summary>
    public uint Fragments { get; private set; }

    /// <summary>Entries of the table of users; those of groups follow before version 4.</summary>
    public int Users { get; private set; }

    /// <summary>Before version 4: entries of the table of groups.</summary>
    public int Groups { get; private set; }

    /// <summary>The root directory: the metadata block among inodes, and the place in it in the lowest 16 bits.</summary>
    public ulong Root { get; private set; }

    /// <summary>Bytes that the file system takes; what follows is not its.</summary>
    public ulong BytesUsed { get; private set; }

    public ulong IdTable { get; private set; }

    /// <summary>Before version 4: where the groups are.</summary>
    public ulong GroupTable { get; private set; }

    public ulong AttributeTable { get; private set; } = NoTable;

    public ulong InodeTable { get; private set; }

    public ulong DirectoryTable { get; private set; }

    public ulong FragmentTable { get; private set; } = NoTable;

    public ulong ExportTable { get; private set; } = NoTable;

    /// <summary>The layout of its version.</summary>
    public VersionLayout Layout => Versions.Of(Major);

    /// <summary>Its version, for people.</summary>
    public string Version => $"{Major}.{Minor}";

    /// <summary>Whether a magic number is there that is this format's, or a vendor's.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static bool IsThere(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[Magic.Length];
        if (source.Length < Size4)
        {
            return false;
        }

        source.ReadAt(0, bytes);
        return Magic.Find(bytes) is not null;
    }

    /// <summary>Reads it, and checks what can be checked of it alone.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of a version, or of a vendor, that is not read.</exception>
    /// <exception cref="TruncatedImageException">The image ends inside.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static SuperBlock Read(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[MaxSize];
        bytes = bytes[..(int)Math.Clamp(source.Length, Size4, MaxSize)];
        source.ReadAt(0, bytes);
        Magic magic = Magic.Find(bytes) ?? throw Damaged("its magic number is none of SquashFS");
        var super = new SuperBlock(bytes, magic);
        if (super.Major == 0)
        {
            throw Damaged($"its version is {super.Version}");
        }

        if (super.Major > 4 || (super.Major == 4 && super.Minor > 0))
        {
            throw new UnsupportedFeatureException($"SquashFS {super.Version}{magic.OfVendor}");
        }

        if (super.Major == 4)
        {
            super.TakeFourth(new Fields(bytes, magic.IsBigEndian));
        }
        else if (bytes.Length < MaxSize)
        {
            throw new TruncatedImageException(source.Length, source.Length);
        }
        else
        {
            super.TakeEarlier(new Fields(bytes, magic.IsBigEndian));
        }

        super.Check();
        return super;
    }

    /// <summary>The error of one that is damaged.</summary>
    public static InvalidImageException Damaged(string problem) => new("super block", 0, problem, Clause);

    /// <summary>The problem that a table begins where it cannot; null when there is none.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="address">Where it begins.</param>
    public string? FindProblemOf(string name, ulong address) =>
        address >= BytesUsed ? $"its {name} begins at 0x{address:X}, and the file system ends at 0x{BytesUsed:X}" : null;

    private void TakeFourth(Fields fields)
    {
        MakeTime = fields.Word(new Field(64, 32));
        BlockSize = (int)Math.Min(fields.Word(new Field(96, 32)), int.MaxValue);
        Fragments = fields.Word(new Field(128, 32));
        Compression = fields.Small(new Field(160, 16));
        BlockLog = fields.Small(new Field(176, 16));
        Flags = (SuperBlockFlags)fields.Small(new Field(192, 16));
        Users = fields.Small(new Field(208, 16));
        Root = fields[new Field(256, 64)];
        BytesUsed = fields[new Field(320, 64)];
        IdTable = fields[new Field(384, 64)];
        AttributeTable = fields[new Field(448, 64)];
        InodeTable = fields[new Field(512, 64)];
        DirectoryTable = fields[new Field(576, 64)];
        FragmentTable = fields[new Field(640, 64)];
        ExportTable = fields[new Field(704, 64)];
    }

    private void TakeEarlier(Fields fields)
    {
        BlockLog = fields.Small(new Field(272, 16));
        Flags = (SuperBlockFlags)fields.Small(new Field(288, 8));
        Users = fields.Small(new Field(296, 8));
        Groups = fields.Small(new Field(304, 8));
        MakeTime = fields.Word(new Field(312, 32));
        Root = fields[new Field(344, 64)];
        BlockSize = (int)Math.Min(Major == 1 ? fields.Word(new Field(256, 16)) : fields.Word(new Field(408, 32)), int.MaxValue);
        Fragments = Major == 1 ? 0 : fields.Word(new Field(440, 32));
        if (Major < 3)
        {
            BytesUsed = fields.Word(new Field(64, 32));
            IdTable = fields.Word(new Field(96, 32));
            GroupTable = fields.Word(new Field(128, 32));
            InodeTable = fields.Word(new Field(160, 32));
            DirectoryTable = fields.Word(new Field(192, 32));
            FragmentTable = Major == 1 ? NoTable : fields.Word(new Field(472, 32));
            return;
        }

        BytesUsed = fields[new Field(504, 64)];
        IdTable = fields[new Field(568, 64)];
        GroupTable = fields[new Field(632, 64)];
        InodeTable = fields[new Field(696, 64)];
        DirectoryTable = fields[new Field(760, 64)];
        FragmentTable = fields[new Field(824, 64)];
        ExportTable = Minor > 0 && Flags.HasFlag(SuperBlockFlags.Exportable) ? fields[new Field(888, 64)] : NoTable;
    }

    private void Check()
    {
        // Only version 1 had blocks of less than a page.
        int minLog = Major < 4 ? MinBlockLogOf1 : MinBlockLog;
        if (BlockLog < minLog || BlockLog > MaxBlockLog || BlockSize != 1 << BlockLog)
        {
            throw Damaged($"its block size is {BlockSize}, and the logarithm of that {BlockLog}");
        }

        if (BytesUsed is < Size4 or > long.MaxValue)
        {
            throw Damaged($"its file system has {BytesUsed} bytes");
        }

        string? problem = FindProblemOf("inode table", InodeTable) ?? FindProblemOf("directory table", DirectoryTable)
            ?? (Users > 0 ? FindProblemOf("table of users", IdTable) : null)
            ?? (Fragments > 0 ? FindProblemOf("fragment table", FragmentTable) : null);
        if (problem is not null)
        {
            throw Damaged(problem);
        }

        if (InodeTable >= DirectoryTable)
        {
            throw Damaged($"its inode table begins at 0x{InodeTable:X}, its directory table at 0x{DirectoryTable:X}");
        }

        if (Users == 0)
        {
            throw Damaged("it has no users");
        }

        if (Fragments > BytesUsed)
        {
            throw Damaged($"it has {Fragments} fragments in {BytesUsed} bytes");
        }
    }
}
