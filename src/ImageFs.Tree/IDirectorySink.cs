namespace ImageFs.Tree;

/// <summary>Takes the entries of a directory, one by one.</summary>
public interface IDirectorySink
{
    /// <summary>Takes an entry.</summary>
    /// <returns>False when it did not take it: reading ends, and can go on at this entry later.</returns>
    bool Add(in DirectoryEntry entry);
}
