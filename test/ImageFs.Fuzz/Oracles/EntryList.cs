using ImageFs.Tree;

namespace ImageFs.Fuzz.Oracles;

/// <summary>The entries that a directory gives.</summary>
/// <param name="most">How many are taken.</param>
internal sealed class EntryList(int most) : IDirectorySink
{
    /// <summary>Those that were taken.</summary>
    public List<ListedEntry> List { get; } = [];

    /// <inheritdoc/>
    public bool Add(in DirectoryEntry entry)
    {
        if (List.Count >= most)
        {
            return false;
        }

        List.Add(new ListedEntry(entry.Name.ToArray(), entry.Node, entry.Type, entry.NextPosition));
        return true;
    }
}
