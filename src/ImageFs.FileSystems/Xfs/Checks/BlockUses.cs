using System.Buffers.Binary;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>Blocks that something uses, or nothing.</summary>
/// <param name="Start">The first, counted from the start of the volume.</param>
/// <param name="Count">How many.</param>
/// <param name="Owner">Whose they are, as a reverse mapping has it; <see cref="Free"/> when they are nobody's.</param>
/// <param name="Key">Which of its blocks the first is, with flags, as a reverse mapping has it.</param>
internal readonly record struct BlockUse(long Start, long Count, long Owner, ulong Key)
{
    /// <summary>The owner of what is free.</summary>
    public const long Free = -1;

    /// <summary>Whether they are contents of a file, which another file may have too.</summary>
    public bool IsContents => Owner >= 0 && (Key & (ReverseMapping.IsAttributes | ReverseMapping.IsTree)) == 0;

    /// <summary>The first block after them.</summary>
    public long End => Start + Count;

    /// <summary>Whose they are, for people.</summary>
    public string OwnerName => Owner switch
    {
        Free => "free space",
        ReverseMapping.OfHeaders => "the headers of a group",
        ReverseMapping.OfLog => "the log",
        ReverseMapping.OfFreeSpace => "the trees of free space",
        ReverseMapping.OfInodeTrees => "the trees of inodes",
        ReverseMapping.OfInodes => "inodes",
        ReverseMapping.OfSharedExtents => "refcountbt",
        ReverseMapping.OfStaging => "what is to be written instead of shared blocks",
        _ => $"inode {Owner}",
    };
}

/// <summary>Tells of all blocks of a volume what uses them: the groups' headers and trees, free space, the log, and all inodes.</summary>
/// <param name="volume">The volume.</param>
internal sealed class BlockUses(XfsVolume volume)
{
    private const int HeaderSectors = 4;
    private const uint IsStaging = 1u << 31;

    private readonly InodeScan _inodes = new(volume);

    /// <summary>Goes through all.</summary>
    /// <param name="take">Called with each use.</param>
    /// <param name="run">Gets what is damaged.</param>
    /// <returns>Whether nothing was.</returns>
    public bool Enumerate(Action<BlockUse> take, CheckRun run)
    {
        bool isWhole = true;
        for (uint group = 0; group < volume.Geometry.GroupCount; group++)
        {
            uint number = group;
            isWhole &= run.Try(() => EnumerateGroup(number, take));
        }

        if (volume.Geometry.LogBlocks > 0)
        {
            take(new BlockUse(volume.Geometry.LinearBlock(volume.Geometry.LogStart), volume.Geometry.LogBlocks, ReverseMapping.OfLog, 0));
        }

        return _inodes.Run(inode => EnumerateInode(inode, take), run) && isWhole;
    }

    private void EnumerateGroup(uint group, Action<BlockUse> take)
    {
        Geometry geometry = volume.Geometry;
        long first = group * geometry.GroupBlocks;
        int length = ((HeaderSectors * geometry.SectorSize) + geometry.BlockSize - 1) / geometry.BlockSize;
        take(new BlockUse(first, length, ReverseMapping.OfHeaders, 0));

        var headers = new GroupHeaders(volume, group);
        Action<uint> Block(long owner) => block => take(new BlockUse(first + block, 1, owner, 0));
        foreach (uint block in headers.FreeList)
        {
            Block(ReverseMapping.OfFreeSpace)(block);
        }

        headers.Walk(GroupTreeKind.FreeByBlock, Block(ReverseMapping.OfFreeSpace), record => take(new BlockUse(
            first + BinaryPrimitives.ReadUInt32BigEndian(record), BinaryPrimitives.ReadUInt32BigEndian(record[4..]), BlockUse.Free, 0)));
        headers.Walk(GroupTreeKind.FreeBySize, Block(ReverseMapping.OfFreeSpace), _ => { });
        headers.Walk(GroupTreeKind.ReverseMap, Block(ReverseMapping.OfFreeSpace), _ => { });
        headers.Walk(GroupTreeKind.SharedExtents, Block(ReverseMapping.OfSharedExtents), record =>
        {
            uint start = BinaryPrimitives.ReadUInt32BigEndian(record);
            if ((start & IsStaging) != 0)
            {
                take(new BlockUse(first + (start & ~IsStaging), BinaryPrimitives.ReadUInt32BigEndian(record[4..]), ReverseMapping.OfStaging, 0));
            }
        });
        headers.Walk(GroupTreeKind.FreeInodes, Block(ReverseMapping.OfInodeTrees), _ => { });
        headers.Walk(GroupTreeKind.Inodes, Block(ReverseMapping.OfInodeTrees), record =>
        {
            var chunk = InodeChunk.Read(record, geometry.HasSparseInodes);
            int perBlock = geometry.InodesPerBlock;

            // Of chunks that share a block the first one tells it: they were allocated together.
            for (int place = (int)(chunk.First % perBlock == 0 ? 0 : perBlock - (chunk.First % perBlock)); place < InodeChunk.Length; place += perBlock)
            {
                if (chunk.IsThere(place))
                {
                    take(new BlockUse(first + ((chunk.First + place) / perBlock), 1, ReverseMapping.OfInodes, 0));
                }
            }
        });
    }

    // What is on a real-time device has numbers there.
    private void EnumerateInode(HeldInode inode, Action<BlockUse> take)
    {
        long number = inode.Number;
        foreach (bool isAttributes in (ReadOnlySpan<bool>)[false, true])
        {
            ulong fork = isAttributes ? ReverseMapping.IsAttributes : 0;
            bool isElsewhere = !isAttributes && inode.Open().Flags.HasFlag(InodeFlags.RealTime);
            inode.VisitFork(
                volume,
                isAttributes,
                (in FileExtent extent) =>
                {
                    if (!isElsewhere)
                    {
                        ulong written = extent.IsUnwritten ? ReverseMapping.IsUnwritten : 0;
                        take(new BlockUse(volume.Geometry.LinearBlock(extent.Block), extent.Count, number, fork | written | (ulong)extent.FileBlock));
                    }
                },
                block => take(new BlockUse(volume.Geometry.LinearBlock(block), 1, number, fork | ReverseMapping.IsTree)));
        }
    }
}
