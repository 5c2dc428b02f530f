using System.Buffers.Binary;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>
/// Goes through all that is reached of a metadata device, each block once, and holds its space maps against what is used: a block that is used
/// more often than its map says would be given to another. One that is marked as used and is not is only lost, and counted.
/// </summary>
/// <param name="blocks">The metadata.</param>
/// <param name="run">The check.</param>
internal sealed class MetadataCheck(MetadataBlocks blocks, CheckRun run)
{
    private const string Clause = "persistent-data: dm-space-map-common";

    // struct disk_index_entry, struct disk_metadata_index, struct disk_bitmap_header.
    private const int IndexEntryLength = 16;
    private const int MaxIndexEntries = 255;
    private const int BitmapHeaderLength = 16;
    private const int CountsInByte = 4;
    private const int CountsInBitmap = (MetadataBlocks.BlockSize - BitmapHeaderLength) * CountsInByte;
    private const int ManyCode = 3;

    private readonly BlockUses _uses = new(Math.Clamp(blocks.Count, 1, BlockUses.MaxBlocks));

    /// <summary>Blocks that were reached.</summary>
    public long Reached { get; private set; }

    /// <summary>Blocks that space maps have as used, and that nothing uses.</summary>
    public long Lost { get; private set; }

    /// <summary>Counts a use of a block.</summary>
    /// <returns>Whether it is the first, so that the block is to be looked at.</returns>
    public bool Use(long number)
    {
        if (!_uses.Has(number))
        {
            return true;
        }

        bool isFirst = _uses.Add(number);
        if (isFirst)
        {
            Reached++;
            run.Advance(MetadataBlocks.BlockSize);
        }

        return isFirst;
    }

    /// <summary>Counts a use of a block, and reads it when it is the first.</summary>
    /// <returns>Whether it was read.</returns>
    public bool TryRead(long number, BlockKind kind, byte[] block) => Use(number) && run.Try(() => blocks.Read(number, kind, block));

    /// <summary>Goes through a tree.</summary>
    /// <param name="root">The block of its root.</param>
    /// <param name="valueLength">Bytes of its values.</param>
    /// <param name="visit">Called with each leaf that was not reached before.</param>
    public void Walk(long root, int valueLength, BTree.Visit visit) =>
        new BTree(blocks, root, valueLength).Walk(Use, visit, damage => run.Find(Finding.Of(damage)));

    /// <summary>Goes through an array.</summary>
    /// <param name="root">The block of its tree's root.</param>
    public void WalkArray(long root)
    {
        byte[] block = new byte[MetadataBlocks.BlockSize];
        Walk(root, sizeof(long), leaf =>
        {
            for (int i = 0; i < leaf.Count; i++)
            {
                TryRead(leaf.NumberAt(i), BlockKind.Array, block);
            }
        });
    }

    /// <summary>Holds the map of another device's blocks against what is used of it, and goes through the map itself.</summary>
    /// <param name="map">The map.</param>
    /// <param name="uses">What is used; null when it was not counted.</param>
    public void CheckMap(SpaceMapRoot map, BlockUses? uses)
    {
        var bitmaps = new List<long>();
        Walk(map.BitmapRoot, IndexEntryLength, leaf =>
        {
            for (int i = 0; i < leaf.Count; i++)
            {
                if (leaf.KeyAt(i) == bitmaps.Count)
                {
                    bitmaps.Add(BinaryPrimitives.ReadInt64LittleEndian(leaf.ValueAt(i)));
                }
            }
        });
        bitmaps.ForEach(number => Use(number));
        Compare(map, bitmaps, uses);
    }

    /// <summary>Holds the map of the metadata's own blocks against all that was reached. It comes last.</summary>
    public void CheckOwnMap(SpaceMapRoot map)
    {
        byte[] index = new byte[MetadataBlocks.BlockSize];
        var bitmaps = new List<long>();
        if (TryRead(map.BitmapRoot, BlockKind.BitmapIndex, index))
        {
            long wanted = Math.Clamp((map.Blocks + CountsInBitmap - 1) / CountsInBitmap, 0, MaxIndexEntries);
            for (int i = 0; i < wanted; i++)
            {
                bitmaps.Add(BinaryPrimitives.ReadInt64LittleEndian(index.AsSpan((1 + i) * IndexEntryLength)));
            }
        }

        bitmaps.ForEach(number => Use(number));
        Walk(map.CountRoot, sizeof(uint), static _ => { });
        Compare(map, bitmaps, _uses);
    }

    private void Compare(SpaceMapRoot map, List<long> bitmaps, BlockUses? uses)
    {
        long many = 0;
        byte[] bitmap = new byte[MetadataBlocks.BlockSize];
        for (int i = 0; i < bitmaps.Count; i++)
        {
            long number = bitmaps[i];
            if (run.Try(() => blocks.Read(number, BlockKind.Bitmap, bitmap)))
            {
                many += Compare(number, bitmap, (long)i * CountsInBitmap, map.Blocks, uses);
            }
        }

        long listed = 0;
        new BTree(blocks, map.CountRoot, sizeof(uint)).Walk(
            ReferenceEquals(uses, _uses) ? static _ => true : Use,
            leaf => listed += Compare(leaf, uses),
            damage => run.Find(Finding.Of(damage)));
        if (many != listed)
        {
            run.Find($"{blocks.Structure} space map", MetadataBlocks.AddressOf(map.CountRoot), $"{many} blocks are used more than twice, and there are counts of {listed}", Clause);
        }
    }

    // The codes are big-endian in their two bits (sm_lookup_bitmap).
    private long Compare(long number, byte[] bitmap, long first, long end, BlockUses? uses)
    {
        long many = 0;
        for (int i = 0; i < CountsInBitmap && first + i < end; i++)
        {
            int bits = bitmap[BitmapHeaderLength + (i / CountsInByte)] >> (i % CountsInByte * 2);
            int code = ((bits & 1) << 1) | (bits >> 1 & 1);
            many += code == ManyCode ? 1 : 0;
            if (uses is not null && uses.Has(first + i) && code < ManyCode)
            {
                Compare(number, first + i, code, uses[first + i]);
            }
        }

        return many;
    }

    private int Compare(BTreeNode leaf, BlockUses? uses)
    {
        for (int i = 0; i < leaf.Count; i++)
        {
            if (uses is not null && uses.Has(leaf.KeyAt(i)))
            {
                Compare(0, leaf.KeyAt(i), BinaryPrimitives.ReadUInt32LittleEndian(leaf.ValueAt(i)), uses[leaf.KeyAt(i)]);
            }
        }

        return leaf.Count;
    }

    private void Compare(long number, long block, long counted, long used)
    {
        if (used > counted)
        {
            run.Find($"{blocks.Structure} space map", MetadataBlocks.AddressOf(number), $"block {block} is used {used} times, and it says {counted}", Clause);
        }
        else if (used < counted)
        {
            Lost++;
        }
    }
}
