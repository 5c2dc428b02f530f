using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>A B-tree of an allocation group, gone through from its first record to its last (xfs_btree_block).</summary>
/// <param name="volume">The volume.</param>
/// <param name="group">The group.</param>
/// <param name="kind">Which of its trees.</param>
internal sealed class GroupTree(XfsVolume volume, uint group, GroupTreeKind kind)
{
    /// <summary>Levels that a tree has at most (XFS_BTREE_MAXLEVELS).</summary>
    public const int MaxLevels = 9;

    private const string Clause = "xfs_btree_block";
    private const uint None = uint.MaxValue;
    private const int PointerLength = sizeof(uint);

    private readonly byte[]?[] _blocks = new byte[MaxLevels][];
    private readonly uint[] _next = new uint[MaxLevels];
    private readonly uint[] _before = new uint[MaxLevels];
    private readonly int _headerLength = volume.Geometry.HasChecksums ? 56 : 16;

    /// <summary>Takes a record.</summary>
    public delegate void RecordTaker(ReadOnlySpan<byte> record);

    /// <summary>Blocks that the walk has come to.</summary>
    public uint Blocks { get; private set; }

    /// <summary>Goes through it.</summary>
    /// <param name="root">The block of the root in the group.</param>
    /// <param name="levels">Its levels, as the group's header has them.</param>
    /// <param name="takeBlock">Called with each block.</param>
    /// <param name="takeRecord">Called with each record; they are copies.</param>
    /// <exception cref="InvalidImageException">It is damaged where the walk has come to.</exception>
    public void Walk(uint root, uint levels, Action<uint>? takeBlock, RecordTaker takeRecord)
    {
        if (levels is 0 or > MaxLevels)
        {
            throw new InvalidImageException($"{kind.Name} of group {group}", volume.Geometry.AddressOfGroup(group), $"it has {levels} levels", Clause);
        }

        Blocks = 0;
        _before.AsSpan().Fill(None);
        _next.AsSpan().Fill(None);
        for (int level = 0; level < levels; level++)
        {
            _blocks[level] ??= new byte[volume.Geometry.BlockSize];
        }

        Visit(root, (int)levels - 1, isRoot: true, [], takeBlock, takeRecord);
        for (int level = 0; level < levels; level++)
        {
            Require(_next[level] == None, _before[level], $"its right neighbour is {_next[level]}, and there is none");
        }
    }

    private void Visit(uint number, int level, bool isRoot, ReadOnlySpan<byte> key, Action<uint>? takeBlock, RecordTaker takeRecord)
    {
        // Each block once: a tree has no more of them than the group.
        Require(number < volume.Geometry.BlocksOfGroup(group), number, "it lies behind the end of the group");
        Require(++Blocks <= volume.Geometry.BlocksOfGroup(group), number, "the tree leads to a block twice");
        takeBlock?.Invoke(number);
        byte[] block = _blocks[level]!;
        volume.Source.ReadAt(volume.Geometry.AddressOfGroupBlock(group, number), block);
        int count = CheckHeader(number, level, isRoot, block);
        if (count > 0 && key.Length > 0)
        {
            Require(IsLowestKey(key, block, level), number, "its first key is not the one that leads to it");
        }

        if (level == 0)
        {
            for (int i = 0; i < count; i++)
            {
                takeRecord(block.AsSpan(_headerLength + (i * kind.RecordLength), kind.RecordLength));
            }

            return;
        }

        int keysLength = kind.KeyLength * kind.KeysOfPointer;
        int pointers = _headerLength + (MaxCount(level) * keysLength);
        for (int i = 0; i < count; i++)
        {
            uint child = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(pointers + (i * PointerLength)));
            Visit(child, level - 1, isRoot: false, block.AsSpan(_headerLength + (i * keysLength), kind.KeyLength), takeBlock, takeRecord);
        }
    }

    private int CheckHeader(uint number, int level, bool isRoot, byte[] block)
    {
        bool isChecked = volume.Geometry.HasChecksums;
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(block);
        Require(magic == (isChecked ? kind.Magic : kind.OldMagic), number, $"its signature is 0x{magic:X8}");
        if (isChecked)
        {
            volume.CheckHeader(block, HeaderLayout.ShortTree, volume.Geometry.AddressOfGroupBlock(group, number), NameOf(number), Clause);
            uint owner = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(48));
            Require(owner == group, number, $"it is of group {owner}");
        }

        int height = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(4));
        int count = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(6));
        uint left = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(8));
        uint right = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(12));
        Require(height == level, number, $"its level is {height}, and it is in level {level}");
        Require(count <= MaxCount(level) && (count > 0 || (isRoot && level == 0)), number, $"it has {count} records");
        Require(left == _before[level], number, $"its left neighbour is {left}, and should be {_before[level]}");
        Require(_before[level] == None || _next[level] == number, number, $"its left neighbour leads to {_next[level]}");
        _before[level] = number;
        _next[level] = right;
        return count;
    }

    private int MaxCount(int level) =>
        (volume.Geometry.BlockSize - _headerLength) / (level == 0 ? kind.RecordLength : (kind.KeyLength * kind.KeysOfPointer) + PointerLength);

    // The key of a record is its first bytes, but for that of a reverse mapping, which has no length.
    private bool IsLowestKey(ReadOnlySpan<byte> key, byte[] block, int level)
    {
        ReadOnlySpan<byte> first = block.AsSpan(_headerLength);
        if (kind != GroupTreeKind.ReverseMap)
        {
            return first[..kind.ComparedLength].SequenceEqual(key[..kind.ComparedLength]);
        }

        // Linux before 6.4 put into some keys what the others say nothing of: whether the extent is written.
        int owner = level == 0 ? 8 : 4;
        const ulong NotCompared = 1UL << 61;
        return first[..4].SequenceEqual(key[..4]) && first.Slice(owner, 8).SequenceEqual(key.Slice(4, 8))
            && ((BinaryPrimitives.ReadUInt64BigEndian(first[(owner + 8)..]) ^ BinaryPrimitives.ReadUInt64BigEndian(key[12..])) & ~NotCompared) == 0;
    }

    private string NameOf(uint number) => $"{kind.Name} block {number} of group {group}";

    private void Require(bool condition, uint number, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException(NameOf(number), volume.Geometry.AddressOfGroupBlock(group, number), problem, Clause);
        }
    }
}
