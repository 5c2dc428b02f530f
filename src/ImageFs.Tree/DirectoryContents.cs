using System.Runtime.ExceptionServices;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>A directory read to its end: what of it could be read, and what could not.</summary>
public sealed class DirectoryContents : IDirectorySink
{
    private readonly NodeId _directory;
    private readonly List<NamedNode> _entries = [];
    private ExceptionDispatchInfo? _damage;
    private long _position;
    private bool _hasAdded;
    private int _selves;
    private int _parents;

    private DirectoryContents(NodeId directory) => _directory = directory;

    /// <summary>The entries in the order of their bytes, without "." and ".."; of several that have one name the first, which lookups find.</summary>
    public IReadOnlyList<NamedNode> Entries => _entries;

    /// <summary>Names that several entries have.</summary>
    public IReadOnlyList<byte[]> Repeated { get; private set; } = [];

    /// <summary>Whether "." or ".." is there more than once.</summary>
    public bool HasExtraDots => _selves > 1 || _parents > 1;

    /// <summary>Reads a directory.</summary>
    public static DirectoryContents Read(FileSystem fileSystem, NodeId directory)
    {
        var contents = new DirectoryContents(directory);
        fileSystem.PrefetchNames(directory);
        fileSystem.PrefetchAttributes(directory);
        try
        {
            // What is damaged in a directory is told by the call that begins after what could be read.
            do
            {
                contents._hasAdded = false;
                fileSystem.ReadDirectory(directory, contents._position, contents);
            }
            while (contents._hasAdded);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            contents._damage = ExceptionDispatchInfo.Capture(e);
        }

        contents.Sort();
        return contents;
    }

    /// <summary>To be called after the entries were handled: it throws if there may have been more.</summary>
    /// <exception cref="ImageException">The directory is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public void ThrowIfDamaged() => _damage?.Throw();

    /// <summary>As <see cref="ThrowIfDamaged"/>, for callers that need every file: it also throws if some cannot be reached.</summary>
    /// <exception cref="ImageException">The directory is damaged, or has entries that no path leads to.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public void ThrowIfIncomplete()
    {
        ThrowIfDamaged();
        if (Repeated.Count > 0)
        {
            string more = Repeated.Count > 1 ? $", and {Repeated.Count - 1} more names" : string.Empty;
            throw Incomplete($"several entries have the name '{ByteText.FromBytes(Repeated[0])}'{more}: the first counts, the others are left out");
        }

        if (HasExtraDots)
        {
            throw Incomplete("it has an entry '.' or '..' more than once: what that names is left out");
        }
    }

    private InvalidImageException Incomplete(string problem) => new($"directory of node {_directory.Value}", 0, problem);

    /// <inheritdoc/>
    bool IDirectorySink.Add(in DirectoryEntry entry)
    {
        _hasAdded = true;
        _position = entry.NextPosition;
        if (entry.Name.SequenceEqual("."u8))
        {
            _selves++;
        }
        else if (entry.Name.SequenceEqual(".."u8))
        {
            _parents++;
        }
        else
        {
            _entries.Add(new NamedNode(entry.Name.ToArray(), entry.Node));
        }

        return true;
    }

    // Sorting is not stable: the order of the directory decides between equal names.
    private void Sort()
    {
        int[] order = [.. Enumerable.Range(0, _entries.Count)];
        NamedNode[] listed = [.. _entries];
        Array.Sort(order, (first, second) =>
            listed[first].Name.AsSpan().SequenceCompareTo(listed[second].Name) is not 0 and int difference ? difference : first - second);
        _entries.Clear();
        var repeated = new List<byte[]>();
        foreach (int index in order)
        {
            NamedNode entry = listed[index];
            if (_entries.Count == 0 || !_entries[^1].Name.AsSpan().SequenceEqual(entry.Name))
            {
                _entries.Add(entry);
            }
            else if (repeated.Count == 0 || !repeated[^1].AsSpan().SequenceEqual(entry.Name))
            {
                repeated.Add(entry.Name);
            }
        }

        Repeated = repeated;
    }
}
