using ImageFs.FileSystems.Checking;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>
/// Checks all directories, and that each inode has as many links as names, of its own type, and each directory its parent's. The first walk finds out
/// whether that is so, by sums; a second one, if it is not, of which inodes: so memory does not grow with their number.
/// </summary>
/// <param name="volume">The volume.</param>
internal sealed class LinkCheck(XfsVolume volume)
{
    private const int MaxInodes = 1 << 18;
    private const int MaxFindings = 1000;
    private const string Clause = "xfs_dinode";

    private readonly BucketSums _links = new();
    private readonly BucketSums _parents = new();
    private Dictionary<long, Counted>? _counted;

    /// <summary>Checks all.</summary>
    public void Run(CheckRun run)
    {
        long directories = 0;
        bool isWhole = new InodeScan(volume).Run(
            inode =>
            {
                directories += inode.Open().Type == NodeType.Directory ? 1 : 0;
                Take(inode);
            },
            run);
        run.Extent = $"{directories}";
        if (!isWhole)
        {
            run.GiveUp("what is damaged hides some names");
        }
        else if (!_links.IsEven || !_parents.IsEven)
        {
            _counted = [];
            new InodeScan(volume).Run(Take, new CheckRun(_ => { }, _ => { }));
            TellCounted(run);
        }
    }

    private void Take(HeldInode held)
    {
        Inode inode = held.Open();
        if (volume.Geometry.IsMetadataInode(held.Number))
        {
            return;
        }

        byte type = volume.Geometry.HasFileTypes ? FileTypes.NumberOf(inode.Type) : (byte)0;
        TakeLinks(held.Number, type, inode.LinkCount);
        if (inode.Type == NodeType.Directory)
        {
            new DirectoryCheck(volume, held, Take).Run();
        }
    }

    private void Take(EntryFact entry)
    {
        TakeName(entry);
        if (entry.Kind == EntryKind.DotDot && entry.Directory != volume.Geometry.RootInode)
        {
            TakeParent(entry.Directory, entry.Inode, isName: false);
        }
        else if (entry.Kind == EntryKind.Name && entry.Type == FileTypes.NumberOf(NodeType.Directory))
        {
            TakeParent(entry.Inode, entry.Directory, isName: true);
        }
    }

    private void TakeLinks(long number, byte type, uint links)
    {
        int bucket = Bucket(number);
        if (_counted is null)
        {
            _links.Add(bucket, BucketSums.Fact((ulong)number, type), links);
        }
        else if (Find(number) is { } counted)
        {
            (counted.IsUsed, counted.Links, counted.Type) = (true, links, type);
        }
    }

    private void TakeName(in EntryFact entry)
    {
        if (_counted is null)
        {
            _links.Remove(Bucket(entry.Inode), BucketSums.Fact((ulong)entry.Inode, entry.Type));
        }
        else if (Find(entry.Inode) is { } counted)
        {
            counted.Names++;
            counted.NamedType = counted.Names == 1 || entry.Type != counted.Type ? entry.Type : counted.NamedType;
        }
    }

    // Only where entries have types is it known which of them are directories'.
    private void TakeParent(long directory, long parent, bool isName)
    {
        if (!volume.Geometry.HasFileTypes)
        {
            return;
        }

        ulong fact = BucketSums.Fact((ulong)directory, (ulong)parent);
        if (_counted is not null)
        {
            if (Find(directory) is { } counted)
            {
                counted.Parent = isName ? counted.Parent : parent;
                counted.NamedIn = isName ? parent : counted.NamedIn;
            }
        }
        else if (isName)
        {
            _parents.Remove(Bucket(directory), fact);
        }
        else
        {
            _parents.Add(Bucket(directory), fact);
        }
    }

    // Only of buckets that have a difference, and so of few inodes.
    private Counted? Find(long number)
    {
        int bucket = Bucket(number);
        if (_links.IsEvenAt(bucket) && _parents.IsEvenAt(bucket))
        {
            return null;
        }

        if (!_counted!.TryGetValue(number, out Counted? counted) && _counted.Count < MaxInodes)
        {
            _counted.Add(number, counted = new Counted());
        }

        return counted;
    }

    private void TellCounted(CheckRun run)
    {
        if (_counted!.Count >= MaxInodes)
        {
            run.Find(new Finding(string.Empty, null, $"the link counts of more than {MaxInodes} inodes may be wrong: not all are told"));
        }

        foreach ((long number, Counted counted) in _counted.OrderBy(pair => pair.Key).Where(pair => pair.Value.Problem is not null).Take(MaxFindings))
        {
            run.Find(new Finding($"inode {number}", null, counted.Problem!, Clause));
        }
    }

    private static int Bucket(long number) => (int)(BucketSums.Mix((ulong)number) % BucketSums.Count);

    /// <summary>What is found out of an inode.</summary>
    private sealed class Counted
    {
        public bool IsUsed { get; set; }

        public uint Links { get; set; }

        public byte Type { get; set; }

        public uint Names { get; set; }

        public byte NamedType { get; set; }

        public long? Parent { get; set; }

        public long? NamedIn { get; set; }

        /// <summary>What is wrong; null when nothing is.</summary>
        public string? Problem =>
            !IsUsed ? $"it is not in use, and {Names} names lead to it"
            : Links != Names ? $"it has {Links} links, and {Names} names lead to it"
            : Links > 0 && NamedType != Type ? $"it is of type {Type}, and a name that leads to it says {NamedType}"
            : Parent != NamedIn ? $"its '..' leads to inode {Parent}, and its name is in inode {NamedIn}"
            : null;
    }
}
