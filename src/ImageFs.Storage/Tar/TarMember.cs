namespace ImageFs.Storage.Tar;

/// <summary>What a member of an archive is.</summary>
public enum TarType
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A further name of a file that comes before.</summary>
    HardLink,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A FIFO.</summary>
    Fifo,

    /// <summary>Something about the archive, and no file.</summary>
    Other,
}

/// <summary>A member of an archive.</summary>
/// <param name="Address">Where the first of its headers begins.</param>
/// <param name="Type">What it is.</param>
/// <param name="Name">Its path, as the archive has it.</param>
/// <param name="Data">Where its bytes begin.</param>
/// <param name="StoredLength">How many there are of them.</param>
/// <param name="Next">Where the next one begins.</param>
public sealed record TarMember(long Address, TarType Type, byte[] Name, long Data, long StoredLength, long Next)
{
    /// <summary>Bytes of the file, with its holes.</summary>
    public long Size { get; init; }

    /// <summary>Where a link leads to.</summary>
    public byte[] Link { get; init; } = [];

    /// <summary>Permissions.</summary>
    public uint Permissions { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Last change, in seconds since 1970.</summary>
    public long Time { get; init; }

    /// <summary>Nanoseconds of <see cref="Time"/>, counted forward.</summary>
    public uint Nanoseconds { get; init; }

    /// <summary>The number of a device, of its driver.</summary>
    public uint Major { get; init; }

    /// <summary>The number of a device, of its own.</summary>
    public uint Minor { get; init; }

    /// <summary>Extended attributes: their names, each with its prefix ("user."), and values.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Value)> Attributes { get; init; } = [];

    /// <summary>Which bytes of a file with holes are there, one after the other; null of one that has none.</summary>
    public IReadOnlyList<(long Offset, long Length)>? Pieces { get; init; }

    /// <summary>The bytes of the file, as they lie in the archive.</summary>
    /// <param name="archive">The archive.</param>
    public BlockSource Open(BlockSource archive)
    {
        if (Pieces is null)
        {
            return new BlockSlice(archive, Data, Size);
        }

        var map = new ExtentMapBuilder();
        long address = Data;
        foreach ((long offset, long length) in Pieces)
        {
            if (offset > map.Length)
            {
                map.Append(offset - map.Length, ExtentKind.Hole, 0);
            }

            if (length > 0)
            {
                map.AppendMapped(length, address);
                address += length;
            }
        }

        if (Size > map.Length)
        {
            map.Append(Size - map.Length, ExtentKind.Hole, 0);
        }

        return new MappedSource(archive, map.Build());
    }
}
