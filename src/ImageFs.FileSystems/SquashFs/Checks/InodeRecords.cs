using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Checks;

/// <summary>All inodes of a table as they lie there: what names are held against.</summary>
internal sealed class InodeRecords
{
    // Some 400 MB of memory; no image is known that comes near.
    private const int MaxCount = 1 << 24;

    private readonly List<Record> _records = [];

    /// <summary>Inodes that were found.</summary>
    public int Count => _records.Count;

    /// <summary>Gathers them. What is wrong with one is told; those behind one that cannot be read are not found.</summary>
    /// <returns>Whether all were found.</returns>
    public bool Gather(SquashFsVolume volume, CheckRun run) => run.Try(() =>
    {
        var scan = new InodeScan(volume);
        while (scan.MoveNext())
        {
            Inode inode = scan.Current;
            if (_records.Count == MaxCount)
            {
                run.Block($"more than {MaxCount} inodes");
                return;
            }

            _records.Add(new Record(scan.Node.Value, (uint)inode.Number, inode.Links, inode.Type));
        }
    });

    /// <summary>The place of an inode among them; negative when there is none.</summary>
    public int Find(NodeId node)
    {
        int low = 0;
        int high = _records.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ulong found = _records[middle].Node;
            if (found == node.Value)
            {
                return middle;
            }

            (low, high) = found < node.Value ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    /// <summary>One of them.</summary>
    public Record this[int place] => _records[place];

    /// <summary>An inode.</summary>
    /// <param name="Node">Its node.</param>
    /// <param name="Number">Its number.</param>
    /// <param name="Links">The links that it counts.</param>
    /// <param name="Type">Its type.</param>
    internal readonly record struct Record(ulong Node, uint Number, uint Links, NodeType Type);
}
