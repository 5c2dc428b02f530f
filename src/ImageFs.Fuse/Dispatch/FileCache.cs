using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// The files that were read from lately: each node has one place it can be in, so that a hit is one comparison, without a lock, and a
/// miss costs nothing but opening the file. OPEN and RELEASE are never sent, so nobody says when a file is no longer needed.
/// </summary>
internal sealed class FileCache(FuseFileSystem fileSystem)
{
    private const int SlotBits = 8;

    // 2^64 divided by the golden ratio: node ids are often multiples of a block size.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly OpenFile?[] _slots = new OpenFile?[1 << SlotBits];

    /// <summary>A regular file's contents. Two workers that miss the same file both open it.</summary>
    public BlockSource Get(ulong nodeId)
    {
        ref OpenFile? slot = ref _slots[unchecked(nodeId * Spread) >> (64 - SlotBits)];
        OpenFile? file = Volatile.Read(ref slot);
        if (file is null || file.NodeId != nodeId)
        {
            file = new OpenFile(nodeId, fileSystem.OpenFile(nodeId));
            Volatile.Write(ref slot, file);
        }

        return file.Source;
    }

    /// <summary>Forgets all files: what is read from next is opened anew.</summary>
    public void Clear() => Array.Clear(_slots);

    private sealed record OpenFile(ulong NodeId, BlockSource Source);
}
