using ImageFs.Storage.Checking;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers;

/// <summary>A disk that is kept inside a file, or several: a virtual disk, a disc with its raw sectors.</summary>
/// <remarks>It owns no descriptors: the <see cref="ImageFolder"/> that opened the files does.</remarks>
/// <param name="decoded">Keeps decoded blocks, where some are compressed.</param>
public abstract class Container(DecodedBlocks decoded = default) : PiecedSource(decoded)
{
    /// <summary>The format's name: "qcow2".</summary>
    public abstract string Format { get; }

    /// <summary>The one that the file of this one lies in, compressed; null where it lies in none.</summary>
    public Container? Around { get; internal set; }

    /// <summary>The containers that the file of this one lies in, the outermost first; none where it lies in none.</summary>
    public IEnumerable<Container> OutermostFirst()
    {
        var found = new Stack<Container>();
        for (Container? around = Around; around is not null; around = around.Around)
        {
            found.Push(around);
        }

        return found;
    }

    /// <summary>Bytes of a sector, where the disk has a size of its own; null where the format does not say.</summary>
    public virtual int? LogicalSectorSize => null;

    /// <summary>
    /// The checks of the format's own structures, besides that everything is readable; and what exists but cannot be checked.
    /// </summary>
    public virtual IReadOnlyList<Check> Checks => [];

    /// <summary>
    /// A table that is named more than once, so that a walk over all tables could take longer than the image is long; null when there is
    /// none.
    /// </summary>
    /// <exception cref="ImageException">The tables cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public virtual Finding? FindSharedTable() => null;

    /// <summary>Whether each block of its files is of one place of the disk: where two have the same bytes, the tables are damaged.</summary>
    public virtual bool HasOwnBlocks => false;

    /// <summary>What to say about it to people, for <c>imagefs info</c>; its size in bytes is already shown.</summary>
    public virtual ImageDescription Describe() => new(Format);
}
