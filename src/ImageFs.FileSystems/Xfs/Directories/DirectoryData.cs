using System.Buffers.Binary;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs.Directories;

/// <summary>A block of a directory with entries (xfs_dir2_data_hdr); one that is all of its directory has their hashes, too.</summary>
/// <param name="bytes">The whole block.</param>
/// <param name="hasChecksums">Whether it is of version 5.</param>
internal readonly ref struct DirectoryData(ReadOnlySpan<byte> bytes, bool hasChecksums)
{
    /// <summary>Places are counted in this many bytes.</summary>
    public const int Unit = 8;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_dir2_data_hdr";

    private const uint BlockMagic = 0x58444233, OldBlockMagic = 0x58443242;
    private const uint DataMagic = 0x58444433, OldDataMagic = 0x58443244;
    private const int TailSize = 8;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The magic number.</summary>
    public uint Magic => BinaryPrimitives.ReadUInt32BigEndian(_bytes);

    /// <summary>Whether it is such a block.</summary>
    public bool IsGood => Magic == (hasChecksums ? DataMagic : OldDataMagic) || IsWhole;

    /// <summary>Whether it is all of its directory.</summary>
    public bool IsWhole => Magic == (hasChecksums ? BlockMagic : OldBlockMagic);

    /// <summary>Hashes at its end, when it is all of its directory (xfs_dir2_block_tail).</summary>
    public uint HashCount => BinaryPrimitives.ReadUInt32BigEndian(_bytes[^TailSize..]);

    /// <summary>Whether they fit.</summary>
    public bool FitHashes => !IsWhole || HashCount <= (uint)((_bytes.Length - Start - TailSize) / HashBlock.EntrySize);

    /// <summary>The hashes.</summary>
    public HashList Hashes => new(_bytes[End..^TailSize]);

    /// <summary>Where its first entry is.</summary>
    public int Start => StartOf(hasChecksums);

    /// <summary>Where its entries end.</summary>
    public int End => IsWhole ? _bytes.Length - TailSize - ((int)HashCount * HashBlock.EntrySize) : _bytes.Length;

    /// <summary>All its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Where the first entry of a block is.</summary>
    public static int StartOf(bool hasChecksums) => hasChecksums ? 64 : 16;
}

/// <summary>Checks blocks of a directory with entries; these are checked one by one, as they are gone through.</summary>
/// <param name="geometry">The file system's sizes.</param>
internal sealed class DirectoryDataCheck(Geometry geometry) : BlockCheck(geometry, "directory block", DirectoryData.Clause, HeaderLayout.DirectoryData)
{
    /// <inheritdoc/>
    protected override string? FindMagicProblem(ReadOnlySpan<byte> block)
    {
        var data = new DirectoryData(block, Geometry.HasChecksums);
        return data.IsGood ? null : $"its magic number is 0x{data.Magic:X8}";
    }

    /// <inheritdoc/>
    protected override string? FindProblem(ReadOnlySpan<byte> block)
    {
        var data = new DirectoryData(block, Geometry.HasChecksums);
        return data.FitHashes ? null : $"it has no room for {data.HashCount} hashes";
    }
}

/// <summary>A name in a directory.</summary>
/// <param name="name">The name.</param>
/// <param name="inode">The number of its inode.</param>
/// <param name="type">Its type as it is on disk; 0 when it is not told.</param>
internal readonly ref struct DirectoryName(ReadOnlySpan<byte> name, long inode, byte type)
{
    private const byte MaxType = 7;

    // XFS_DIR3_FT_*.
    private static ReadOnlySpan<byte> Types =>
    [
        (byte)NodeType.Unknown, (byte)NodeType.Regular, (byte)NodeType.Directory, (byte)NodeType.CharacterDevice,
        (byte)NodeType.BlockDevice, (byte)NodeType.Fifo, (byte)NodeType.Socket, (byte)NodeType.SymbolicLink,
    ];

    public ReadOnlySpan<byte> Name { get; } = name;

    public long Inode => inode;

    public NodeType Type => type <= MaxType ? (NodeType)Types[type] : NodeType.Unknown;

    /// <summary>What is wrong with a number that no inode has.</summary>
    public static string ProblemOf(long inode) => $"the number of its inode is 0x{inode:X}";
}

/// <summary>Goes through the entries of a block of a directory (xfs_dir2_data_entry, xfs_dir2_data_unused).</summary>
internal ref struct DirectoryDataWalker
{
    private const ushort UnusedTag = 0xFFFF;
    private const int NameOffset = 9;
    private const int TagSize = sizeof(ushort);

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _end;
    private readonly int _typeSize;

    /// <param name="data">The block.</param>
    /// <param name="hasTypes">Whether entries tell types.</param>
    public DirectoryDataWalker(DirectoryData data, bool hasTypes)
        : this(data, hasTypes, data.Start)
    {
    }

    /// <param name="data">The block.</param>
    /// <param name="hasTypes">Whether entries tell types.</param>
    /// <param name="offset">Where the first one is that is wanted.</param>
    public DirectoryDataWalker(DirectoryData data, bool hasTypes, int offset)
    {
        _bytes = data.Bytes;
        _end = data.End;
        _typeSize = hasTypes ? 1 : 0;
        Offset = NextOffset = offset;
    }

    /// <summary>The entry.</summary>
    public DirectoryName Current { get; private set; }

    /// <summary>Where it is in the block.</summary>
    public int Offset { get; private set; }

    /// <summary>Where the next one is.</summary>
    public int NextOffset { get; private set; }

    /// <summary>What ended it before the end; null when nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next entry.</summary>
    public bool MoveNext()
    {
        while (Problem is null && NextOffset < _end)
        {
            Offset = NextOffset;
            ReadOnlySpan<byte> rest = _bytes[Offset.._end];
            if (rest.Length < 2 * DirectoryData.Unit)
            {
                // The smallest that is used takes two units, the smallest that is not takes one.
                if (rest.Length < DirectoryData.Unit || BinaryPrimitives.ReadUInt16BigEndian(rest) != UnusedTag)
                {
                    Problem = "it runs past the end";
                    return false;
                }
            }

            bool isUsed = BinaryPrimitives.ReadUInt16BigEndian(rest) != UnusedTag;
            int nameLength = isUsed ? rest[DirectoryData.Unit] : 0;
            int length = isUsed
                ? (NameOffset + nameLength + _typeSize + TagSize + DirectoryData.Unit - 1) & -DirectoryData.Unit
                : BinaryPrimitives.ReadUInt16BigEndian(rest[sizeof(ushort)..]);
            if (length == 0 || length % DirectoryData.Unit != 0 || length > rest.Length)
            {
                Problem = $"its length is {length}";
                return false;
            }

            int tag = BinaryPrimitives.ReadUInt16BigEndian(rest[(length - TagSize)..]);
            if (tag != Offset)
            {
                Problem = $"its tag is {tag} where {Offset} is its place";
                return false;
            }

            NextOffset = Offset + length;
            if (isUsed)
            {
                byte type = _typeSize == 0 ? (byte)0 : rest[NameOffset + nameLength];
                long inode = BinaryPrimitives.ReadInt64BigEndian(rest);
                if (inode < 0)
                {
                    Problem = DirectoryName.ProblemOf(inode);
                    return false;
                }

                Current = new DirectoryName(rest.Slice(NameOffset, nameLength), inode, type);
                return true;
            }
        }

        return false;
    }
}

/// <summary>Goes through the entries of a directory that is in its inode (xfs_dir2_sf_hdr). It has a place for each as if they were in a block.</summary>
internal ref struct ShortFormWalker
{
    private const int EntrySize = 3;
    private const int NarrowNumber = 4;
    private const int WideNumber = 8;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _numberSize;
    private readonly int _typeSize;
    private int _left;
    private int _next;

    /// <param name="fork">The fork, with as many bytes as the size of the directory.</param>
    /// <param name="hasTypes">Whether entries tell types.</param>
    public ShortFormWalker(ReadOnlySpan<byte> fork, bool hasTypes)
    {
        _bytes = fork;
        _numberSize = NumberSize(fork);
        _typeSize = hasTypes ? 1 : 0;
        _left = fork[0];
        _next = 2 + _numberSize;
    }

    /// <summary>The entry.</summary>
    public DirectoryName Current { get; private set; }

    /// <summary>Its place, in bytes.</summary>
    public int Offset { get; private set; }

    /// <summary>The place after it.</summary>
    public readonly int NextOffset =>
        Offset + ((9 + Current.Name.Length + _typeSize + sizeof(ushort) + DirectoryData.Unit - 1) & -DirectoryData.Unit);

    /// <summary>What ended it before the end; null when nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether the fork has what comes before the entries.</summary>
    public static bool IsGood(ReadOnlySpan<byte> fork) => fork.Length >= 2 + NarrowNumber && fork.Length >= 2 + NumberSize(fork);

    /// <summary>The parent of the directory.</summary>
    public static long Parent(ReadOnlySpan<byte> fork) => Number(fork[2..], NumberSize(fork));

    /// <summary>Goes to the next entry.</summary>
    public bool MoveNext()
    {
        if (Problem is not null || _left == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = _bytes[_next..];
        int nameLength = rest.IsEmpty ? 0 : rest[0];
        int length = EntrySize + nameLength + _typeSize + _numberSize;
        if (rest.Length < length)
        {
            Problem = $"{_left} of its entries run past the end";
            return false;
        }

        int offset = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
        if (offset % DirectoryData.Unit != 0 || (Offset > 0 && offset < NextOffset))
        {
            Problem = $"the place of an entry is {offset}";
            return false;
        }

        byte type = _typeSize == 0 ? (byte)0 : rest[EntrySize + nameLength];
        long inode = Number(rest[(length - _numberSize)..], _numberSize);
        if (inode < 0)
        {
            Problem = DirectoryName.ProblemOf(inode);
            return false;
        }

        Current = new DirectoryName(rest.Slice(EntrySize, nameLength), inode, type);
        Offset = offset;
        _next += length;
        _left--;
        return true;
    }

    private static int NumberSize(ReadOnlySpan<byte> fork) => fork[1] > 0 ? WideNumber : NarrowNumber;

    private static long Number(ReadOnlySpan<byte> bytes, int size) =>
        size == WideNumber ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
