using ImageFs.Storage;

namespace ImageFs.Fuse;

/// <summary>
/// The read-only tree that a session serves. Safe from any thread. It says where bytes lie; how they travel is the session's affair.
/// </summary>
/// <remarks>
/// Every member may throw <see cref="ImageException"/> or <see cref="Linux.LinuxException"/>: the request is answered with
/// their error number.
/// </remarks>
public abstract class FuseFileSystem
{
    /// <summary>Node id of the root directory (FUSE_ROOT_ID).</summary>
    public const ulong RootId = 1;

    /// <summary>Whether any node may have a creation time; else STATX is answered ENOSYS.</summary>
    public virtual bool HasBirthTimes => false;

    /// <summary>Whether any node may have extended attributes; else those calls are answered ENOSYS.</summary>
    public virtual bool HasExtendedAttributes => false;

    /// <summary>Whether some node may change; see <see cref="IsFixed"/>.</summary>
    public virtual bool MayChange => false;

    /// <summary>
    /// Whether a node, and for a directory which names it has, stays as it is: the kernel keeps what it was told. Else it asks again
    /// after a second, and for a directory's names when its time of change is another.
    /// </summary>
    public virtual bool IsFixed(ulong nodeId) => true;

    /// <summary>Finds a name in a directory; of any directory ".." is asked too, "." never.</summary>
    /// <returns>False when there is none.</returns>
    public abstract bool TryLookup(ulong parent, ReadOnlySpan<byte> name, out FuseNode node);

    /// <summary>What stat(2) says of a node.</summary>
    public abstract FuseNode GetNode(ulong nodeId);

    /// <summary>Gives a directory's entries to a sink, "." and ".." among them, until it has enough.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="position">0 for the start, or a position given before.</param>
    /// <param name="sink">Takes the entries.</param>
    public abstract void ReadDirectory(ulong directory, long position, IFuseDirectorySink sink);

    /// <summary>The target of a symbolic link, as bytes.</summary>
    public abstract byte[] ReadLink(ulong nodeId);

    /// <summary>A regular file's contents. The session keeps it for as long as it likes, within a bound.</summary>
    public abstract BlockSource OpenFile(ulong nodeId);

    /// <summary>Sizes for statfs(2).</summary>
    public abstract FuseStatFs GetStatFs();

    /// <summary>The names of a node's extended attributes.</summary>
    public virtual IReadOnlyList<byte[]> ListExtendedAttributes(ulong nodeId) => [];

    /// <summary>The value of an extended attribute; null when the node has none of that name.</summary>
    public virtual byte[]? GetExtendedAttribute(ulong nodeId, ReadOnlySpan<byte> name) => null;
}
