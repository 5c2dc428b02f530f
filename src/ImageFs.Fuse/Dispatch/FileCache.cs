using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// The files that were read from lately: each node has one place it can be in, so that a hit is one comparison, without a lock, and a
/// miss costs nothing but opening the file. OPEN and RELEASE are never sent, so nobody says when a file is no longer needed.
/// </summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="nodes">Its nodes as the kernel knows them.</param>
internal sealed class FileCache(FileSystem fileSystem, FuseNodes nodes)
{
    private const int SlotBits = 8;

    // What their maps take together: one of a file in very many pieces may be large.
    private const long MaxMapSize = 1024 * 1024;

    // 2^64 divided by the golden ratio: node ids are often multiples of a block size.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly OpenFile?[] _slots = new OpenFile?[1 << SlotBits];
    private readonly Lock _adding = new();
    private long _mapSize;

    /// <summary>A regular file's contents. Two workers that miss the same file both open it.</summary>
    public BlockSource Get(ulong nodeId)
    {
        ref OpenFile? slot = ref _slots[unchecked(nodeId * Spread) >> (64 - SlotBits)];
        OpenFile? file = Volatile.Read(ref slot);
        if (file is null || file.NodeId != nodeId)
        {
            file = new OpenFile(nodeId, fileSystem.OpenFile(nodes.ToNode(nodeId)));
            Add(ref slot, file);
        }

        return file.Source;
    }

    /// <summary>Forgets all files: what is read from next is opened anew.</summary>
    public void Clear()
    {
        lock (_adding)
        {
            Array.Clear(_slots);
            _mapSize = 0;
        }
    }

    private void Add(ref OpenFile? slot, OpenFile file)
    {
        lock (_adding)
        {
            _mapSize += file.MapSize - (slot?.MapSize ?? 0);
            Volatile.Write(ref slot, file);
            if (_mapSize > MaxMapSize)
            {
                // All but the latest: which of them are large is not looked for.
                Array.Clear(_slots);
                Volatile.Write(ref slot, file);
                _mapSize = file.MapSize;
            }
        }
    }

    private sealed record OpenFile(ulong NodeId, BlockSource Source)
    {
        public long MapSize { get; } = Source.MapSize;
    }
}
