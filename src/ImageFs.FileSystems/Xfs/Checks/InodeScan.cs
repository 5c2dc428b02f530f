using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>Goes through the inodes of a volume by their trees, whether a directory leads to them or not.</summary>
/// <param name="volume">The volume.</param>
internal sealed class InodeScan(XfsVolume volume)
{
    private readonly byte[] _buffer = new byte[volume.Geometry.InodeSize];

    /// <summary>Called with the number of each inode that is there and not in use; null when they do not matter.</summary>
    public Action<long>? TakeFree { get; init; }

    /// <summary>Goes through all.</summary>
    /// <param name="take">Called with each that is in use; it is there until the call returns.</param>
    /// <param name="run">Gets what is damaged.</param>
    /// <returns>Whether nothing was.</returns>
    public bool Run(Action<HeldInode> take, CheckRun run)
    {
        bool isWhole = true;
        for (uint group = 0; group < volume.Geometry.GroupCount; group++)
        {
            uint number = group;
            bool areChunksWhole = true;
            bool isTreeWhole = run.Try(() => new GroupHeaders(volume, number).Walk(
                GroupTreeKind.Inodes, null, record => areChunksWhole &= Run(number, InodeChunk.Read(record, volume.Geometry.HasSparseInodes), take, run)));
            isWhole &= areChunksWhole && isTreeWhole;
        }

        return isWhole;
    }

    private bool Run(uint group, in InodeChunk chunk, Action<HeldInode> take, CheckRun run)
    {
        bool isWhole = true;
        for (int place = 0; place < InodeChunk.Length; place++)
        {
            if (!chunk.IsThere(place))
            {
                continue;
            }

            long number = volume.Geometry.InodeNumber(group, chunk.First + (long)place);
            if (!chunk.IsUsed(place))
            {
                TakeFree?.Invoke(number);
                continue;
            }

            isWhole &= run.Try(() => take(new HeldInode(number, volume.Inodes.Read(number, _buffer).Address, _buffer)));
        }

        return isWhole;
    }
}
