using System.Buffers.Binary;
using ImageFs.FileSystems.Checking;
using ImageFs.FileSystems.Xfs.Directories;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>An entry of a directory.</summary>
/// <param name="Directory">The directory's inode.</param>
/// <param name="Inode">The inode that the name is of.</param>
/// <param name="Type">The type that the entry has for it; 0 when it has none.</param>
/// <param name="Kind">Whether it is one of the dots.</param>
internal readonly record struct EntryFact(long Directory, long Inode, byte Type, EntryKind Kind);

/// <summary>What an entry of a directory is.</summary>
internal enum EntryKind
{
    /// <summary>A name.</summary>
    Name,

    /// <summary>The directory itself.</summary>
    Dot,

    /// <summary>The directory that it is in.</summary>
    DotDot,
}

/// <summary>
/// Checks a directory's blocks: that its entries fill them, that its hashes are those of its names, each leading to its name, in the order of their
/// tree, and that its free space is where it says.
/// </summary>
/// <param name="volume">The volume.</param>
/// <param name="inode">The directory's inode.</param>
/// <param name="take">Called with each entry.</param>
internal sealed class DirectoryCheck(XfsVolume volume, HeldInode inode, Action<EntryFact> take)
{
    private const long LeafStart = 1L << 35;
    private const long FreeStart = 1L << 36;
    private const uint DataMagic = 0x58444433;
    private const uint BlockMagic = 0x58444233;
    private const uint FreeMagic = 0x58444633;
    private const uint OldDataMagic = 0x58443244;
    private const uint OldBlockMagic = 0x58443242;
    private const uint OldFreeMagic = 0x58443246;
    private const ushort Unused = 0xFFFF;
    private const ushort NoBlock = 0xFFFF;
    private const int Unit = 8;
    private const int HashLength = 8;
    private const byte DirectoryType = 2;

    private readonly Geometry _geometry = volume.Geometry;
    private readonly long _size = inode.Open().Size;
    private readonly ForkBlocks _blocks = new(volume, inode, isAttributes: false);
    private readonly int _headerLength = volume.Geometry.HasChecksums ? 64 : 16;

    // What the names and what the hashes say; what the data blocks and what the free index say of free space.
    private ulong _names;
    private ulong _hashes;
    private ulong _space;
    private ulong _index;

    /// <summary>Checks all.</summary>
    /// <exception cref="InvalidImageException">What is damaged first.</exception>
    public void Run()
    {
        if (inode.Open().IsLocal(isAttributes: false))
        {
            CheckShortForm(inode.Open().DataFork);
            return;
        }

        long end = _size / _geometry.BlockSize;
        long leafStart = LeafStart / _geometry.BlockSize;
        long freeStart = FreeStart / _geometry.BlockSize;
        Require(_size > 0 && _size % _blocks.Size == 0 && end <= leafStart, inode.Address, $"its size is {_size}");
        bool isBlock = false;
        _blocks.ForEach(_blocks.ExtentsBetween(0, leafStart), 0, leafStart, (place, address, block) => isBlock |= CheckData(place, address, block));
        if (!isBlock)
        {
            bool isSingle = false;
            var tree = new HashTree(
                volume, _blocks, leafStart, freeStart, _geometry.HasChecksums ? [HashBlock.SingleLeafMagic, HashBlock.LeafMagic] : [HashBlock.OldSingleLeafMagic, HashBlock.OldLeafMagic]);
            long count = tree.Walk((address, block) => CheckLeaf(address, block, ref isSingle));
            long blocks = 0;
            _blocks.ForEach(_blocks.ExtentsBetween(leafStart, freeStart), leafStart, freeStart, (_, _, _) => blocks++);
            Require(count == blocks, inode.Address, $"it has {blocks} blocks of hashes, and {count} are in their tree");
            _blocks.ForEach(_blocks.ExtentsBetween(freeStart, long.MaxValue), freeStart, long.MaxValue, (_, address, block) => CheckFree(address, block));
            Require(_space == _index, inode.Address, "its index of free space is not what its blocks have");
        }

        Require(_names == _hashes, inode.Address, "its hashes are not those of its names");
    }

    // xfs_dir2_sf_hdr: how many entries, how many of them need eight bytes for a number, the parent.
    private void CheckShortForm(ReadOnlySpan<byte> fork)
    {
        int width = fork.Length > 1 && fork[1] > 0 ? 8 : 4;
        Require(fork.Length >= 2 + width, inode.Address, "it has no room for its parent");
        Take(inode.Number, TypeOfDots, EntryKind.Dot, inode.Address);
        Take(NumberAt(fork[2..], width), TypeOfDots, EntryKind.DotDot, inode.Address);
        int at = 2 + width;
        int before = 0;
        int types = _geometry.HasFileTypes ? 1 : 0;
        for (int i = 0; i < fork[0]; i++)
        {
            Require(fork.Length - at > 3 && fork.Length - at >= 3 + fork[at] + types + width, inode.Address, $"entry {i} has no room in it");
            int length = fork[at];
            int offset = BinaryPrimitives.ReadUInt16BigEndian(fork[(at + 1)..]);
            CheckName(fork.Slice(at + 3, length), inode.Address);
            Require(offset > before, inode.Address, $"entry {i} has the place {offset}, which is not behind the one before it");
            before = offset;
            byte type = types > 0 ? fork[at + 3 + length] : (byte)0;
            Take(NumberAt(fork[(at + 3 + length + types)..], width), type, EntryKind.Name, inode.Address);
            at += 3 + length + types + width;
        }

        Require(at == _size, inode.Address, $"its entries end at {at}, and it has {_size} bytes");
    }

    private void Take(long number, byte type, EntryKind kind, long address)
    {
        Require(_geometry.IsValidInode(number), address, $"an entry is of inode {number}, whose number is that of no place where inodes can be");
        take(new EntryFact(inode.Number, number, type, kind));
    }

    private static long NumberAt(ReadOnlySpan<byte> bytes, int width) =>
        width == 8 ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private byte TypeOfDots => _geometry.HasFileTypes ? DirectoryType : (byte)0;

    private bool CheckData(long place, long address, ReadOnlySpan<byte> block)
    {
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(block);
        bool isBlock = magic == (_geometry.HasChecksums ? BlockMagic : OldBlockMagic);
        Require(isBlock || magic == (_geometry.HasChecksums ? DataMagic : OldDataMagic), address, $"its signature is 0x{magic:X8}");
        Require(!isBlock || (place == 0 && _size == _blocks.Size), address, "it is that of a directory of one block");
        CheckHeader(address, block);
        int end = block.Length;
        if (isBlock)
        {
            const int TailLength = 8;
            int count = BinaryPrimitives.ReadInt32BigEndian(block[^TailLength..]);
            int stale = BinaryPrimitives.ReadInt32BigEndian(block[^4..]);
            Require(count >= 0 && count <= (block.Length - _headerLength - TailLength) / HashLength, address, $"it has {count} hashes");
            end = block.Length - TailLength - (count * HashLength);
            CheckHashes(address, block[end..^TailLength], stale);
        }

        int longest = CheckEntries(place, address, block, end);
        int best = BinaryPrimitives.ReadUInt16BigEndian(block[(BestAt + 2)..]);
        Require(best == longest, address, $"its longest free piece has {best} bytes there, and {longest}");
        State(ref _space, (ulong)(place * _geometry.BlockSize / _blocks.Size), (ulong)longest);
        return isBlock;
    }

    private int BestAt => _geometry.HasChecksums ? 48 : 4;

    // xfs_dir2_data_unused and xfs_dir2_data_entry: each ends with its own place.
    private int CheckEntries(long place, long address, ReadOnlySpan<byte> block, int end)
    {
        int longest = 0;
        int types = _geometry.HasFileTypes ? 1 : 0;
        for (int at = _headerLength; at < end;)
        {
            bool isUnused = BinaryPrimitives.ReadUInt16BigEndian(block[at..]) == Unused;
            int nameLength = isUnused ? 0 : block[at + 8];
            int length = isUnused
                ? BinaryPrimitives.ReadUInt16BigEndian(block[(at + 2)..])
                : (8 + 1 + nameLength + types + 2 + Unit - 1) / Unit * Unit;
            Require(length >= Unit && length % Unit == 0 && length <= end - at, address + at, $"an entry of {length} bytes has no room in its block");
            int tag = BinaryPrimitives.ReadUInt16BigEndian(block[(at + length - 2)..]);
            Require(tag == at, address + at, $"an entry says that it is at {tag}");
            if (isUnused)
            {
                longest = Math.Max(longest, length);
            }
            else
            {
                ReadOnlySpan<byte> name = block.Slice(at + 9, nameLength);
                CheckName(name, address + at);
                long offset = (place * _geometry.BlockSize) + at;
                State(ref _names, _geometry.IgnoresCase ? NameHashing.HashCaseless(name) : NameHashing.Hash(name), (ulong)(offset / Unit));
                EntryKind kind = name.SequenceEqual("."u8) ? EntryKind.Dot : name.SequenceEqual(".."u8) ? EntryKind.DotDot : EntryKind.Name;
                byte type = types > 0 ? block[at + 9 + nameLength] : (byte)0;
                Take(BinaryPrimitives.ReadInt64BigEndian(block[at..]), type, kind, address + at);
            }

            at += length;
        }

        return longest;
    }

    private (uint First, uint Last)? CheckLeaf(long address, ReadOnlySpan<byte> block, ref bool isSingle)
    {
        ushort magic = BinaryPrimitives.ReadUInt16BigEndian(block[8..]);
        isSingle = magic is HashBlock.SingleLeafMagic or HashBlock.OldSingleLeafMagic;
        int countAt = _geometry.HasChecksums ? 56 : 12;
        int count = BinaryPrimitives.ReadUInt16BigEndian(block[countAt..]);
        int stale = BinaryPrimitives.ReadUInt16BigEndian(block[(countAt + 2)..]);
        Require(count <= (block.Length - _headerLength) / HashLength, address, $"it has {count} hashes");
        ReadOnlySpan<byte> hashes = block.Slice(_headerLength, count * HashLength);
        CheckHashes(address, hashes, stale);
        if (isSingle)
        {
            int places = BinaryPrimitives.ReadInt32BigEndian(block[^4..]);
            Require(places >= 0 && places <= (block.Length - _headerLength - hashes.Length - 4) / 2, address, $"its index of free space has {places} places");
            CheckPlaces(0, block.Slice(block.Length - 4 - (places * 2), places * 2));
        }

        return count == 0 ? null : (BinaryPrimitives.ReadUInt32BigEndian(hashes), BinaryPrimitives.ReadUInt32BigEndian(hashes[^HashLength..]));
    }

    private void CheckHashes(long address, ReadOnlySpan<byte> hashes, int stale)
    {
        uint before = 0;
        int found = 0;
        for (int at = 0; at < hashes.Length; at += HashLength)
        {
            uint hash = BinaryPrimitives.ReadUInt32BigEndian(hashes[at..]);
            uint entry = BinaryPrimitives.ReadUInt32BigEndian(hashes[(at + 4)..]);
            Require(hash >= before, address, $"hash {at / HashLength} is lower than the one before it");
            before = hash;
            if (entry == 0)
            {
                found++;
            }
            else
            {
                State(ref _hashes, hash, entry);
            }
        }

        Require(found == stale, address, $"it counts {stale} hashes that are no name's any more, and has {found}");
    }

    // xfs_dir2_free_hdr: the first block that it is about, how many places it has, how many of them are used.
    private void CheckFree(long address, ReadOnlySpan<byte> block)
    {
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(block);
        Require(magic == (_geometry.HasChecksums ? FreeMagic : OldFreeMagic), address, $"its signature is 0x{magic:X8}");
        CheckHeader(address, block);
        int at = _geometry.HasChecksums ? 48 : 4;
        uint first = BinaryPrimitives.ReadUInt32BigEndian(block[at..]);
        int valid = BinaryPrimitives.ReadInt32BigEndian(block[(at + 4)..]);
        int used = BinaryPrimitives.ReadInt32BigEndian(block[(at + 8)..]);
        Require(valid >= 0 && valid <= (block.Length - _headerLength) / 2, address, $"it has {valid} places");
        int found = CheckPlaces(first, block.Slice(_headerLength, valid * 2));
        Require(found == used, address, $"it counts {used} blocks, and has {found}");
    }

    private int CheckPlaces(uint first, ReadOnlySpan<byte> places)
    {
        int found = 0;
        for (int i = 0; i < places.Length / 2; i++)
        {
            ushort longest = BinaryPrimitives.ReadUInt16BigEndian(places[(2 * i)..]);
            if (longest != NoBlock)
            {
                found++;
                State(ref _index, first + (ulong)i, longest);
            }
        }

        return found;
    }

    private void CheckHeader(long address, ReadOnlySpan<byte> block)
    {
        if (_geometry.HasChecksums)
        {
            volume.CheckHeader(block, HeaderLayout.DirectoryData, address, Name, "xfs_dir3_blk_hdr");
            long owner = BinaryPrimitives.ReadInt64BigEndian(block[40..]);
            Require(owner == inode.Number, address, $"it is of inode {owner}");
        }
    }

    private void CheckName(ReadOnlySpan<byte> name, long address) =>
        Require(name.Length > 0 && !name.ContainsAny((byte)0, (byte)'/'), address, "a name is empty, or has a slash or a zero in it");

    private static void State(ref ulong sum, ulong a, ulong b) => sum = unchecked(sum + BucketSums.Fact(a, b));

    private string Name => $"directory of inode {inode.Number}";

    private void Require(bool condition, long address, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException(Name, address, problem, "xfs_dir2_data_hdr");
        }
    }
}
