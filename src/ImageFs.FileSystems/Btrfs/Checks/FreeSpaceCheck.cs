using System.Globalization;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Holds the free-space tree against the extent tree: each sector of a block group is in one of them.</summary>
/// <param name="devices">The file system.</param>
/// <param name="cells">Its sectors.</param>
internal sealed class FreeSpaceCheck(DeviceSet devices, LogicalCells cells)
{
    private const string Clause = "Btrfs: free space tree";
    private const int MaxFindings = 100;

    // Where copies of the super block lie in a chunk, this much is for nobody (BTRFS_STRIPE_LEN).
    private static readonly long[] s_superBlocks = [64L << 10, 64L << 20, 256L << 30];

    private readonly CellMap _used = new(Math.Max(1, Math.Min(cells.Count, CellMap.MaxCells)));
    private int _findings;

    /// <summary>Checks it.</summary>
    public void Run(CheckRun run)
    {
        if (!devices.Super.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.FreeSpaceTree | ReadOnlyCompatibleFeatures.FreeSpaceTreeValid))
        {
            run.GiveUp("there is none that is valid; the older cache of free space is not checked");
            return;
        }

        if (cells.Count > CellMap.MaxCells || ExtentTree.FindTree(devices, ObjectIds.FreeSpaceTree) is not { } tree)
        {
            run.GiveUp($"there is none, or the chunks have more than {CellMap.MaxCells} sectors");
            return;
        }

        long extents = 0;

        // What is wrong with extents is told by their own check.
        new ExtentTree(devices).ForEach((record, _) => Mark(record.Address, record.Length), new CheckRun(_ => { }, _ => { }));
        CellMap reserved = FindReserved();
        using (TreeCursor cursor = tree.Open())
        {
            for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
            {
                extents++;
                CheckItem(cursor, run);
            }
        }

        foreach ((long start, long count) in _used.Runs(areSet: false))
        {
            for (long cell = start; cell < start + count; cell++)
            {
                if (!reserved[cell])
                {
                    Tell(run, cells.AddressOf(cell), "from here on there is something that is neither used nor free");
                    break;
                }
            }
        }

        run.Extent = extents.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckItem(in TreeCursor cursor, CheckRun run)
    {
        TreeKey key = cursor.Key;
        if (key.Type is not (ItemType.FreeSpaceExtent or ItemType.FreeSpaceBitmap))
        {
            return;
        }

        // mkfs.btrfs leaves what was free in its first chunks, which are gone: nobody looks there.
        if (devices.Logical.ChunkAt(unchecked((long)key.ObjectId)) is null)
        {
            return;
        }

        if (cells.Find(key.ObjectId, key.Offset) is not { } range)
        {
            Tell(run, (long)cursor.Address, $"the {key.Offset} bytes at 0x{key.ObjectId:X} reach out of their chunk");
            return;
        }

        ReadOnlySpan<byte> bits = cursor.Data;
        for (long i = 0; i < range.Count; i++)
        {
            bool isFree = key.Type == ItemType.FreeSpaceExtent || (i / 8 < bits.Length && (bits[(int)(i / 8)] >> (int)(i % 8) & 1) != 0);
            if (isFree && _used.Set(range.First + i))
            {
                Tell(run, cells.AddressOf(range.First + i), $"it is free by the item {key}, and used or free by another");
                return;
            }
        }
    }

    private void Tell(CheckRun run, long address, string problem)
    {
        if (_findings++ < MaxFindings)
        {
            run.Find("free space", address, problem, Clause);
        }
    }

    private void Mark(ulong address, ulong length)
    {
        if (cells.Find(address, length) is { } range)
        {
            for (long cell = range.First; cell < range.First + range.Count; cell++)
            {
                _used.Set(cell);
            }
        }
    }

    private CellMap FindReserved()
    {
        var reserved = new CellMap(Math.Max(1, cells.Count));
        foreach (Chunk chunk in devices.Logical.Chunks)
        {
            foreach (long within in FindSuperBlocks(chunk))
            {
                ulong start = (ulong)(chunk.Start + within);
                ulong length = (ulong)Math.Min((long)Chunk.StripeLength * (chunk.ParityCount > 0 ? chunk.Columns : 1), chunk.Length - within);
                if (cells.Find(start, length) is { } range)
                {
                    for (long cell = range.First; cell < range.First + range.Count; cell++)
                    {
                        reserved.Set(cell);
                    }
                }
            }
        }

        return reserved;
    }

    // btrfs_rmap_block: where in a chunk the stripes are that super blocks lie in.
    private static IEnumerable<long> FindSuperBlocks(Chunk chunk)
    {
        long perColumn = chunk.Length / chunk.Columns;
        for (int stripe = 0; stripe < chunk.Devices.Count(); stripe++)
        {
            long offset = chunk.StripeOf(0, stripe).Offset;
            foreach (long super in s_superBlocks)
            {
                long within = super - offset;
                if (within < 0 || within >= perColumn)
                {
                    continue;
                }

                long row = within / Chunk.StripeLength;
                yield return chunk.ParityCount > 0 ? row * Chunk.StripeLength * chunk.Columns
                    : chunk.Columns == 1 ? within
                    : ((row * chunk.Columns) + (stripe / chunk.Copies)) * Chunk.StripeLength;
            }
        }
    }
}
