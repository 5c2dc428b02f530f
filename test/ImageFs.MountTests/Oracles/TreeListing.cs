using System.Text;

namespace ImageFs.MountTests.Oracles;

/// <summary>Everything that a reader sees in an image, by path.</summary>
internal sealed class TreeListing
{
    // What a reader could not do; where nothing is said of it, it went well.
    private static readonly string[] s_errors = ["error", "list"];

    private readonly SortedDictionary<string, TreeEntry> _entries = new(StringComparer.Ordinal);

    public TreeListing(IEnumerable<TreeEntry> entries)
    {
        foreach (TreeEntry entry in entries)
        {
            Add(entry);
        }
    }

    public IEnumerable<TreeEntry> Entries => _entries.Values;

    public int Count => _entries.Count;

    public TreeEntry this[string path] => _entries[path];

    public static TreeListing Parse(IEnumerable<string> lines) => new(lines.Select(TreeEntry.Parse));

    public bool Contains(string path) => _entries.ContainsKey(path);

    /// <summary>A path as a listing has it.</summary>
    public static string Escape(ReadOnlySpan<byte> path)
    {
        var text = new StringBuilder();
        foreach (byte b in path)
        {
            text.Append(b is > (byte)' ' and < 127 and not (byte)'\\' ? ((char)b).ToString() : $"\\x{b:x2}");
        }

        return text.ToString();
    }

    /// <summary>The bytes of a path that a listing has.</summary>
    public static byte[] Unescape(string path)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < path.Length; i++)
        {
            bool escaped = path[i] == '\\';
            bytes.Add(escaped ? Convert.ToByte(path.Substring(i + 2, 2), 16) : (byte)path[i]);
            i += escaped ? 3 : 0;
        }

        return [.. bytes];
    }

    /// <summary>The same entries with other facts.</summary>
    public TreeListing Select(Func<TreeEntry, TreeEntry> change) => new(Entries.Select(change));

    /// <summary>Some of the entries.</summary>
    public TreeListing Where(Func<TreeEntry, bool> which) => new(Entries.Where(which));

    /// <summary>Each difference from what is expected, as a line. Of an entry the named facts are compared that both readers tell, and errors that one tells.</summary>
    public IEnumerable<string> DifferencesFrom(TreeListing expected, params IReadOnlyCollection<string> facts)
    {
        foreach (TreeEntry entry in Entries.Where(entry => !expected.Contains(entry.Path)))
        {
            yield return $"{entry.Path}: not expected";
        }

        foreach (TreeEntry other in expected.Entries)
        {
            if (!Contains(other.Path))
            {
                yield return $"{other.Path}: missing";
                continue;
            }

            foreach (string fact in facts)
            {
                string? value = this[other.Path][fact], wanted = other[fact];
                bool isTold = (value is not null && wanted is not null) || s_errors.Contains(fact);
                if (isTold && value != wanted)
                {
                    yield return $"{other.Path}: {fact} {value ?? "none"} expected {wanted ?? "none"}";
                }
            }
        }
    }

    /// <summary>Each difference from what is expected, as a line, in any fact but some: one that only one of the readers tells is a difference, too.</summary>
    public IEnumerable<string> AllDifferencesFrom(TreeListing expected, params IReadOnlyCollection<string> except)
    {
        foreach (string line in DifferencesFrom(expected))
        {
            yield return line;
        }

        foreach (TreeEntry other in expected.Entries.Where(other => Contains(other.Path)))
        {
            TreeEntry entry = this[other.Path];
            foreach (string fact in other.Facts.Keys.Union(entry.Facts.Keys).Except(except))
            {
                if (entry[fact] != other[fact])
                {
                    yield return $"{other.Path}: {fact} {entry[fact] ?? "missing"} expected {other[fact] ?? "none"}";
                }
            }
        }
    }

    // A path comes twice when a directory has a name twice, and when listing it fails after its entry is out.
    private void Add(TreeEntry entry)
    {
        if (_entries.TryGetValue(entry.Path, out TreeEntry? first) && entry["list"] is { } error && entry["mode"] is null)
        {
            _entries[entry.Path] = first with { Facts = new Dictionary<string, string>(first.Facts) { ["list"] = error } };
            return;
        }

        string path = entry.Path;
        for (int n = 2; _entries.ContainsKey(path); n++)
        {
            path = $"{entry.Path} (name {n})";
        }

        _entries.Add(path, entry with { Path = path });
    }
}
