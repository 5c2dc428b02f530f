using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// The files that one worker read from lately: each node has one place it can be in, so that a hit is one comparison and a miss
/// costs nothing but opening the file. OPEN and RELEASE are never sent, so nobody says when a file is no longer needed.
/// </summary>
internal sealed class FileCache(FuseFileSystem fileSystem)
{
    private const int SlotBits = 7;

    // 2^64 divided by the golden ratio: node ids are often multiples of a block size.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly (ulong NodeId, BlockSource? Source)[] _slots = new (ulong, BlockSource?)[1 << SlotBits];

    /// <summary>A regular file's contents.</summary>
    public BlockSource Get(ulong nodeId)
    {
        ref (ulong NodeId, BlockSource? Source) slot = ref _slots[unchecked(nodeId * Spread) >> (64 - SlotBits)];
        if (slot.Source is null || slot.NodeId != nodeId)
        {
            slot = (nodeId, fileSystem.OpenFile(nodeId));
        }

        return slot.Source!;
    }
}
