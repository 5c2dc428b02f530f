using System.Collections.Concurrent;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>
/// Reads the directories of a tree, with all that a manifest says of what they name, ahead of whoever takes them one after the other. What is read
/// does not depend on who reads it.
/// </summary>
internal sealed class TreeReader : IDisposable
{
    // What is read at once of a large directory: enough that threads seldom wait for each other, few enough for each to have a part of it.
    private const int PartLength = 256;

    private readonly FileSystem _fileSystem;
    private readonly AttributeRecords _attributes = new();
    private readonly Dictionary<NodeId, Listing> _listings = [];
    private readonly ConcurrentDictionary<NodeId, ManifestNode> _linked = [];
    private readonly SharedWork _work = new();

    /// <param name="fileSystem">The tree.</param>
    /// <exception cref="ImageException">Its root is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public TreeReader(FileSystem fileSystem)
    {
        _fileSystem = fileSystem;
        Root = Find(fileSystem.Root);
    }

    /// <summary>The root directory.</summary>
    public ManifestNode Root { get; }

    /// <summary>Waits for a directory that was found.</summary>
    /// <returns>Its names, in the order of their bytes. Each directory is read once, whatever leads to it.</returns>
    /// <exception cref="ImageException">Something in it is damaged: what comes first.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public ManifestEntry[] Take(ManifestNode directory)
    {
        Listing listing;
        lock (_listings)
        {
            listing = _listings[directory.Id];
        }

        _work.Wait(listing.Names!);
        listing.Parts.ForEach(_work.Wait);
        return listing.Entries;
    }

    /// <inheritdoc/>
    public void Dispose() => _work.Dispose();

    private void Begin(NodeId directory)
    {
        lock (_listings)
        {
            var listing = new Listing();
            if (_listings.TryAdd(directory, listing))
            {
                listing.Names = _work.Add(() => Read(directory, listing));
            }
        }
    }

    private void Read(NodeId directory, Listing listing)
    {
        var contents = DirectoryContents.Read(_fileSystem, directory);
        contents.ThrowIfIncomplete();
        listing.Entries = new ManifestEntry[contents.Entries.Count];
        for (int i = PartLength; i < listing.Entries.Length; i += PartLength)
        {
            int first = i;
            listing.Parts.Add(_work.Add(() => ReadPart(contents.Entries, first, listing.Entries)));
        }

        ReadPart(contents.Entries, 0, listing.Entries);
    }

    private void ReadPart(IReadOnlyList<NamedNode> names, int first, ManifestEntry[] entries)
    {
        for (int i = first; i < Math.Min(first + PartLength, names.Count); i++)
        {
            entries[i] = new ManifestEntry(names[i].Name, Find(names[i].Node));
        }
    }

    private ManifestNode Find(NodeId id)
    {
        if (_linked.TryGetValue(id, out ManifestNode? known))
        {
            return known;
        }

        ManifestNode node = Describe(id);
        if (node.Type == NodeType.Directory)
        {
            Begin(id);
            return node;
        }

        return node.LinkCount > 1 ? _linked.GetOrAdd(id, node) : node;
    }

    private ManifestNode Describe(NodeId id)
    {
        NodeAttributes attributes = _fileSystem.GetAttributes(id);
        var node = new ManifestNode(id, in attributes);
        if (_fileSystem.HasExtendedAttributes)
        {
            (node.Attributes, node.LostAttributes) = _attributes.Read(_fileSystem, id);
        }

        switch (node.Type)
        {
            case NodeType.SymbolicLink:
                node.Target = _fileSystem.ReadLink(id);
                node.Size = node.Target.Length;
                break;
            case NodeType.Regular:
                BlockSource file = _fileSystem.OpenFile(id);
                node.Size = file.Length;
                node.Extents = FilePlan.Find(file, out string? why);
                node.WhyCopied = why;
                break;
            default:
                break;
        }

        return node;
    }

    /// <summary>A directory that is read, or will be.</summary>
    private sealed class Listing
    {
        /// <summary>Finds its names, and its first part.</summary>
        public SharedWork.Job? Names { get; set; }

        /// <summary>Its further parts. They are known when the names are.</summary>
        public List<SharedWork.Job> Parts { get; } = [];

        public ManifestEntry[] Entries { get; set; } = [];
    }
}
