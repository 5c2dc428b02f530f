using ImageFs.FileSystems.Ntfs.Directories;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using Directory = ImageFs.FileSystems.Ntfs.Directories.Directory;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>Checks the index of a directory: the order of its names, that each record is led to once, and that its map has those as used, and no others.</summary>
/// <param name="directory">The directory.</param>
/// <param name="upcase">The order of names.</param>
/// <param name="run">Gets what is wrong beside what stops the check of it.</param>
internal sealed class IndexCheck(Directory directory, UpcaseTable upcase, CheckRun run)
{
    private const int MaxDepth = 20;

    private readonly HashSet<long> _seen = [];
    private string? _last;

    /// <summary>Takes an entry and its name.</summary>
    public delegate void Taker(IndexEntry entry, FileName name);

    /// <summary>Called with each entry.</summary>
    public required Taker Take { get; init; }

    /// <summary>Checks it.</summary>
    /// <exception cref="ImageException">A record of it is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Run()
    {
        Visit(directory.Root, directory.Address, 0);
        for (long record = 0; directory.FindUsed(record) is { } used; record = used + 1)
        {
            if (!_seen.Contains(used))
            {
                Tell(directory.Address, $"its record {used} is marked as used, and nothing leads to it");
            }
        }
    }

    private void Visit(IndexNode node, long address, int depth)
    {
        if (depth == MaxDepth)
        {
            throw directory.Damaged($"it is deeper than {MaxDepth} records");
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

            var name = new FileName(walker.Current.Key);
            if (!name.IsWhole)
            {
                throw new InvalidImageException("index record", address, $"the name at byte {walker.Offset} of it is not whole", IndexNode.Clause);
            }

            int order = _last is null ? -1 : upcase.CompareCaseless(_last, name.Name);
            if (order > 0 || (order == 0 && name.Name.SequenceEqual(_last)))
            {
                Tell(address, $"its name '{name.Name}' follows on '{_last}'");
            }

            _last = name.Name.ToString();
            Take(walker.Current, name);
        }

        if (walker.Problem is { } problem)
        {
            throw new InvalidImageException("index record", address, problem, IndexNode.Clause);
        }
    }

    private void VisitChild(ulong place, int depth)
    {
        long record = directory.FindChild(place);
        if (!_seen.Add(record))
        {
            throw directory.Damaged($"two entries lead to its record {record}");
        }

        if (!directory.IsUsed(record))
        {
            Tell(directory.Address, $"its record {record} is marked as free, and an entry leads to it");
        }

        using var buffer = new PooledBuffer(directory.RecordSize);
        Visit(directory.Read(record, buffer.Span, out long address), address, depth + 1);
    }

    private void Tell(long address, string problem) => run.Find($"index of file record {directory.Reference.Record}", address, problem, IndexNode.Clause);
}
