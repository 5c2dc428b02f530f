using ImageFs.Storage;

namespace ImageFs.FileSystems.Directories;

/// <summary>The entries of a directory that are left out because no path can lead to them: counted, and the first one told of.</summary>
internal sealed class UnreachableEntries
{
    private InvalidImageException? _first;
    private long _more;

    /// <summary>What there is to tell at the end of the directory; null when nothing was left out.</summary>
    public InvalidImageException? Error => _first is null || _more == 0
        ? _first
        : new InvalidImageException(_first.Structure, _first.Address, $"{_first.Problem}; {_more} more of the directory are left out", _first.Clause);

    /// <summary>An entry is left out.</summary>
    /// <param name="structure">What it is, in the format's own word.</param>
    /// <param name="address">Where it is, in bytes from the start of the volume.</param>
    /// <param name="problem">Why, as <see cref="EntryName.FindProblem"/> says it.</param>
    /// <param name="clause">The clause that it breaks.</param>
    public void Add(string structure, long address, string problem, string clause)
    {
        if (_first is null)
        {
            _first = new InvalidImageException(structure, address, $"{problem}: no path leads to it, and it is left out", clause);
        }
        else
        {
            _more++;
        }
    }
}
