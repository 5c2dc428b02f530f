using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>
/// One file system of an image, opened for reading. Safe from any thread. A <see cref="NodeId"/> is a pure function of the place
/// on disk, so nothing is kept for a node that has been looked up, and an id is as good tomorrow as today.
/// </summary>
/// <remarks>
/// Every member throws <see cref="ImageException"/> where the image is damaged, unsupported or cut short at what was asked for, and
/// <see cref="Linux.LinuxException"/> where the device fails; the rest of the file system goes on working.
/// </remarks>
public abstract class FileSystem
{
    /// <summary>The format by Linux's name for it: "iso9660", "ext4".</summary>
    public abstract string Format { get; }

    /// <summary>The root directory.</summary>
    public abstract NodeId Root { get; }

    /// <summary>The root directory of the volume that a node is in, where absolute links begin.</summary>
    public virtual NodeId RootOf(NodeId node) => Root;

    /// <summary>Sizes for statfs(2).</summary>
    public abstract FileSystemStatistics Statistics { get; }

    /// <summary>Whether any file may have a creation time.</summary>
    public virtual bool HasBirthTimes => false;

    /// <summary>Whether any file may have extended attributes.</summary>
    public virtual bool HasExtendedAttributes => false;

    /// <summary>Whether anything in it may change while it is open; see <see cref="IsFixed"/>.</summary>
    public virtual bool MayChange => false;

    /// <summary>Whether a node, and for a directory which names it has, stays as it is while the file system is open.</summary>
    public virtual bool IsFixed(NodeId node) => true;

    /// <summary>What only <c>verify</c> needs to know.</summary>
    public virtual FileSystemChecks Checks => FileSystemChecks.None;

    /// <summary>What to say about it to people, for <c>imagefs info</c>.</summary>
    public virtual ImageDescription Describe() => new(Format);

    /// <summary>What stat(2) says of a node.</summary>
    public abstract NodeAttributes GetAttributes(NodeId node);

    /// <summary>
    /// As <see cref="GetAttributes(NodeId)"/>, of an entry while <see cref="ReadDirectory"/> hands it out: without reading again what the
    /// directory has just said of the node, where the format can do that.
    /// </summary>
    /// <param name="entry">An entry that this file system handed out.</param>
    public virtual NodeAttributes GetAttributes(in DirectoryEntry entry) => GetAttributes(entry.Node);

    /// <summary>
    /// Asks the device, without waiting, for the names of a directory: for whoever may list it next. What cannot be read is no error here.
    /// </summary>
    public virtual void PrefetchNames(NodeId directory)
    {
    }

    /// <summary>
    /// Asks the device, without waiting, for what the attributes of a directory's entries need beside their records: for whoever is about
    /// to list it with them. What cannot be read is no error here.
    /// </summary>
    public virtual void PrefetchAttributes(NodeId directory)
    {
    }

    /// <summary>Finds a name in a directory; "." and ".." are answered too.</summary>
    /// <param name="directory">A directory.</param>
    /// <param name="name">The name as <see cref="ReadDirectory"/> gives it, as bytes.</param>
    /// <param name="node">The node found.</param>
    /// <returns>False when the directory has no such name.</returns>
    public abstract bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node);

    /// <summary>Gives a directory's entries to a sink, "." and ".." among them, until it has enough.</summary>
    /// <param name="directory">A directory.</param>
    /// <param name="position">0 for the start, or a <see cref="DirectoryEntry.NextPosition"/> given before: it stays good for ever.</param>
    /// <param name="sink">Takes the entries.</param>
    public abstract void ReadDirectory(NodeId directory, long position, IDirectorySink sink);

    /// <summary>The target of a symbolic link, as bytes.</summary>
    public abstract byte[] ReadLink(NodeId node);

    /// <summary>A regular file's contents, as extents of the volume.</summary>
    public abstract BlockSource OpenFile(NodeId node);

    /// <summary>The names of a node's extended attributes, each with its prefix ("user.").</summary>
    public virtual IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) => [];

    /// <summary>The value of an extended attribute; null when the node has none of that name.</summary>
    public virtual byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) => null;
}
