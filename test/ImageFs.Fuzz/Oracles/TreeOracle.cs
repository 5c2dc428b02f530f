using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Fuzz.Oracles;

/// <summary>
/// Goes through the tree of a mutant, and asks for all that a mount or <c>extract</c> may ask. Names can be names, a directory is the same
/// however it is read, sizes are sizes, and all of it ends.
/// </summary>
/// <param name="outcome">Takes note of what is read.</param>
/// <param name="random">Chooses which nodes of a large tree are looked at.</param>
internal sealed class TreeOracle(Outcome outcome, Random random)
{
    private const int MaxNodes = 48;
    private const int MaxDepth = 6;
    private const int MaxEntries = 256;
    private const int MaxChildren = 12;
    private const int PageEntries = 7;

    // What FUSE takes: FUSE_NAME_MAX of <linux/fuse.h> before it was raised.
    private const int MaxNameLength = 1024;

    private readonly SourceOracle _source = new(outcome, random);
    private int _nodes;

    /// <summary>Whether contents of files are read, and not only looked for.</summary>
    public bool ReadsContents { get; init; } = true;

    /// <summary>Whether the checks of <c>verify</c> run as well.</summary>
    public bool RunsChecks { get; init; }

    /// <summary>Goes through a tree.</summary>
    public void Check(FileSystem fileSystem)
    {
        _nodes = MaxNodes;
        outcome.Try(() => OracleException.Check(fileSystem.Statistics.BlockSize > 0, "the block size of statfs(2) is 0"));
        outcome.Try(() => fileSystem.Describe());
        Visit(fileSystem, fileSystem.Root, MaxDepth);
        if (RunsChecks)
        {
            foreach (Check check in fileSystem.Checks.Structures)
            {
                Run(check);
            }
        }
    }

    /// <summary>Runs a check: what it finds are answers.</summary>
    public void Run(Check check)
    {
        var run = new CheckRun(finding => outcome.Note(finding.Structure, finding.Problem), static _ => { });
        outcome.Try(() => check.Run?.Invoke(run));
    }

    private void Visit(FileSystem fileSystem, NodeId node, int depth)
    {
        if (--_nodes < 0)
        {
            return;
        }

        NodeAttributes attributes = default;
        if (!outcome.Try(() => attributes = fileSystem.GetAttributes(node)))
        {
            return;
        }

        outcome.NoteOpened();
        OracleException.Check(attributes.Size >= 0 && attributes.Blocks >= 0, $"a node has {attributes.Size} bytes in {attributes.Blocks} sectors");
        OracleException.Check(attributes.Permissions <= 0xFFF, $"permissions are {attributes.Permissions:X}");
        outcome.Try(() => CheckAttributes(fileSystem, node));
        switch (attributes.Type)
        {
            case NodeType.Directory:
                VisitEntries(fileSystem, node, depth);
                break;
            case NodeType.SymbolicLink:
                outcome.Try(() => fileSystem.ReadLink(node));
                break;
            case NodeType.Regular:
                outcome.Try(() => CheckFile(fileSystem, node, attributes.Size));
                break;
            case NodeType.CharacterDevice or NodeType.BlockDevice or NodeType.Fifo or NodeType.Socket:
                break;
            default:
                throw new OracleException($"a node is of no type: {attributes.Type}");
        }
    }

    private void CheckFile(FileSystem fileSystem, NodeId node, long size)
    {
        BlockSource file = fileSystem.OpenFile(node);
        OracleException.Check(file.Length == size, $"a file has {file.Length} bytes where its attributes say {size}");
        (ReadsContents ? _source : new SourceOracle(outcome, random) { ReadsContents = false }).Check(file);
    }

    private void CheckAttributes(FileSystem fileSystem, NodeId node)
    {
        foreach (byte[] name in fileSystem.ListExtendedAttributes(node))
        {
            OracleException.Check(name.Length > 0 && !name.AsSpan().Contains((byte)0), "an extended attribute has a name that is none");
            outcome.Try(() => OracleException.Check(fileSystem.GetExtendedAttribute(node, name) is not null, "a listed extended attribute is not there"));
        }
    }

    private void VisitEntries(FileSystem fileSystem, NodeId directory, int depth)
    {
        var whole = new Entries(MaxEntries);
        bool isWhole = outcome.Try(() => fileSystem.ReadDirectory(directory, 0, whole));
        if (!isWhole && whole.List.Count == 0)
        {
            return;
        }

        CheckNames(whole.List);
        CheckPages(fileSystem, directory, whole.List, isWhole);
        Entry[] children = [.. whole.List.Where(entry => !entry.IsDot)];
        if (children.Length > MaxChildren)
        {
            random.Shuffle(children);
        }

        foreach (Entry child in children.Take(MaxChildren))
        {
            outcome.Try(() => CheckLookup(fileSystem, directory, child, whole.List));
            if (depth > 0)
            {
                Visit(fileSystem, child.Node, depth - 1);
            }
        }
    }

    private static void CheckNames(List<Entry> entries)
    {
        foreach (Entry entry in entries)
        {
            ReadOnlySpan<byte> name = entry.Name;
            OracleException.Check(
                name.Length is > 0 and <= MaxNameLength && !name.ContainsAny((byte)0, (byte)'/'), $"a name of {name.Length} bytes is none: {Convert.ToHexString(name)}");
            OracleException.Check(entry.Position > 0, $"a position of a directory is {entry.Position}");
        }
    }

    // Read in small parts, each from where the last one ended: the same.
    private void CheckPages(FileSystem fileSystem, NodeId directory, List<Entry> whole, bool isWhole)
    {
        var pages = new List<Entry>();
        bool goesOn = true;
        while (goesOn && pages.Count < whole.Count)
        {
            var page = new Entries(PageEntries);
            goesOn = outcome.Try(() => fileSystem.ReadDirectory(directory, pages.Count == 0 ? 0 : pages[^1].Position, page)) && page.List.Count > 0;
            pages.AddRange(page.List);
        }

        int both = Math.Min(pages.Count, whole.Count);
        OracleException.Check(
            both == whole.Count || !isWhole, $"a directory of {whole.Count} names has {pages.Count} when it is read in parts");
        for (int i = 0; i < both; i++)
        {
            OracleException.Check(pages[i].IsAs(whole[i]), $"name {i} of a directory is another when it is read in parts");
        }
    }

    private static void CheckLookup(FileSystem fileSystem, NodeId directory, Entry entry, List<Entry> all)
    {
        // Where names are looked for by their order or their hashes, damage can hide one that is listed.
        bool isFound = fileSystem.TryLookup(directory, entry.Name, out NodeId node);
        OracleException.Check(
            !isFound || node == entry.Node || all.Count == MaxEntries || all.Exists(other => other.Node == node),
            "a name leads to a node that the directory does not list");
    }

    private sealed record Entry(byte[] Name, NodeId Node, NodeType Type, long Position)
    {
        public bool IsDot => Name is [(byte)'.'] or [(byte)'.', (byte)'.'];

        // Some formats know the parent only of a directory that was come to by its name: the last one.
        public bool IsAs(Entry other) => (IsDot || Node == other.Node) && Type == other.Type && Position == other.Position && Name.AsSpan().SequenceEqual(other.Name);
    }

    private sealed class Entries(int most) : IDirectorySink
    {
        public List<Entry> List { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (List.Count >= most)
            {
                return false;
            }

            List.Add(new Entry(entry.Name.ToArray(), entry.Node, entry.Type, entry.NextPosition));
            return true;
        }
    }
}
