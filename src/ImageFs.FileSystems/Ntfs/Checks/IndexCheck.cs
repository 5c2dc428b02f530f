using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>Goes through an index in its order, and checks that each record is led to once, and that its map has those as used, and no others.</summary>
/// <param name="index">The index.</param>
/// <param name="run">Gets what is wrong beside what stops the check of it.</param>
internal sealed class IndexCheck(IndexRecords index, CheckRun run)
{
    private readonly HashSet<long> _seen = [];

    /// <summary>Takes an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="offset">Where it is in its node.</param>
    /// <param name="address">Where the record of the node is in the volume.</param>
    public delegate void Taker(IndexEntry entry, int offset, long address);

    /// <summary>Called with each entry.</summary>
    public required Taker Take { get; init; }

    /// <summary>Checks it.</summary>
    /// <exception cref="ImageException">A record of it is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Run()
    {
        Visit(index.Root, index.Address, 0);
        for (long record = 0; index.FindUsed(record) is { } used; record = used + 1)
        {
            if (!_seen.Contains(used))
            {
                run.Find(Finding.Of(index.Damaged($"its record {used} is marked as used, and nothing leads to it")));
            }
        }
    }

    private void Visit(IndexNode node, long address, int depth)
    {
        if (depth == IndexRecords.MaxDepth)
        {
            throw index.Damaged($"it is deeper than {IndexRecords.MaxDepth} records");
        }

        var walker = new IndexWalker(node);
        while (walker.MoveNext())
        {
            if (walker.Current.HasChild)
            {
                VisitChild(walker.Current.Child, depth);
            }

            if (walker.IsAtEnd)
            {
                break;
            }

            Take(walker.Current, walker.Offset, address);
        }

        if (walker.Problem is { } problem)
        {
            throw IndexNode.Damaged(address, problem);
        }
    }

    private void VisitChild(ulong place, int depth)
    {
        long record = index.FindChild(place);
        if (!_seen.Add(record))
        {
            throw index.Damaged($"two entries lead to its record {record}");
        }

        if (!index.IsUsed(record))
        {
            run.Find(Finding.Of(index.Damaged($"its record {record} is marked as free, and an entry leads to it")));
        }

        using var buffer = new PooledBuffer(index.RecordSize);
        Visit(index.Read(record, buffer.Span, out long address), address, depth + 1);
    }
}
