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
        var whole = new EntryList(MaxEntries);
        bool isWhole = outcome.Try(() => fileSystem.ReadDirectory(directory, 0, whole));
        if (!isWhole && whole.List.Count == 0)
        {
            return;
        }

        CheckNames(whole.List);
        CheckPages(fileSystem, directory, whole.List, isWhole);
        ListedEntry[] children = [.. whole.List.Where(entry => !entry.IsDot)];
        if (children.Length > MaxChildren)
        {
            random.Shuffle(children);
        }

        foreach (ListedEntry child in children.Take(MaxChildren))
        {
            // Where names are looked for by their order, their hashes or items of their own, damage can make it another node, or none.
            outcome.Try(() => fileSystem.TryLookup(directory, child.Name, out _));
            if (depth > 0)
            {
                Visit(fileSystem, child.Node, depth - 1);
            }
        }
    }

    private static void CheckNames(List<ListedEntry> entries)
    {
        foreach (ListedEntry entry in entries)
        {
            ReadOnlySpan<byte> name = entry.Name;
            OracleException.Check(
                name.Length is > 0 and <= MaxNameLength && !name.ContainsAny((byte)0, (byte)'/'), $"a name of {name.Length} bytes is none: {Convert.ToHexString(name)}");
            OracleException.Check(entry.Position > 0, $"a position of a directory is {entry.Position}");
        }
    }

    // Read in small parts, each from where the last one ended: the same.
    private void CheckPages(FileSystem fileSystem, NodeId directory, List<ListedEntry> whole, bool isWhole)
    {
        var pages = new List<ListedEntry>();
        bool goesOn = true;
        while (goesOn && pages.Count < whole.Count)
        {
            var page = new EntryList(PageEntries);
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
}
