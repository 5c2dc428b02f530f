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

    /// <summary>Bytes of a sector, where the disk has a size of its own; null where the format does not say.</summary>
    public virtual int? LogicalSectorSize => null;

    /// <summary>What can be checked of the format's own structures, beside that all is readable; and what cannot, though it is there.</summary>
    public virtual IReadOnlyList<Check> Checks => [];

    /// <summary>
    /// What of its tables is there more than once, so that a walk over all of them would take longer than the image is long; null when nothing is.
    /// </summary>
    /// <exception cref="ImageException">The tables cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public virtual Finding? FindSharedTable() => null;

    /// <summary>What to say about it to people, for <c>imagefs info</c>; its size in bytes is told already.</summary>
    public virtual ImageDescription Describe() => new(Format);
}
