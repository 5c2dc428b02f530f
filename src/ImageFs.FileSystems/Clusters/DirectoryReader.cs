using ImageFs.FileSystems.Directories;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Clusters;

/// <summary>
/// Goes through the files and subdirectories of a directory one by one. What is damaged is passed over, and remembered: what follows
/// it can still be read.
/// </summary>
/// <param name="cursor">On the directory's entries.</param>
/// <param name="idle">Where the reader goes when it is no longer needed.</param>
internal abstract class DirectoryReader(EntryCursor cursor, IdleReaders idle) : IDirectoryCursor
{
    private Exception? _damage;
    private Exception? _chainDamage;
    private UnreachableEntries? _unreachable;

    /// <inheritdoc/>
    public abstract ReadOnlySpan<byte> Name { get; }

    /// <inheritdoc/>
    public abstract uint Hash { get; }

    /// <inheritdoc/>
    public virtual uint? AliasHash => null;

    /// <inheritdoc/>
    public abstract NodeId Node { get; }

    /// <inheritdoc/>
    public abstract NodeType Type { get; }

    /// <inheritdoc/>
    public ulong Inode => Node.Value;

    /// <inheritdoc/>
    public abstract ReadOnlySpan<byte> Record { get; }

    /// <summary>The first cluster of its contents; anything where it has none.</summary>
    public abstract uint FirstCluster { get; }

    /// <summary>Where the first entry of the name is, in bytes from the start of the directory.</summary>
    public long Position { get; protected set; }

    /// <inheritdoc/>
    public long NextPosition => cursor.NextPosition;

    /// <inheritdoc/>
    public Exception? Damage
    {
        get => _chainDamage ?? cursor.Damage ?? _damage;
        protected set => _damage ??= value;
    }

    /// <inheritdoc/>
    public Exception? Unreachable => _unreachable?.Error;

    /// <summary>The directory's entries.</summary>
    protected EntryCursor Cursor => cursor;

    /// <summary>Goes to a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin, in bytes from its start.</param>
    public virtual void Begin(ClusterDirectory directory, long position)
    {
        cursor.Begin(directory.Contents, position);
        _damage = null;
        _chainDamage = directory.Damage;
        _unreachable = null;
    }

    /// <summary>Gives the reader back: whoever needs one next gets it.</summary>
    public void Dispose() => idle.Add(this);

    /// <summary>Goes to the next file or subdirectory; "." and ".." are passed over.</summary>
    /// <returns>False at the end.</returns>
    public abstract bool MoveNext();

    /// <inheritdoc/>
    public NameMatch Match(ReadOnlySpan<byte> name) => Matches(name) ? NameMatch.Same : NameMatch.None;

    /// <summary>Whether a name is one of those that the current file can be looked up by.</summary>
    protected abstract bool Matches(ReadOnlySpan<byte> name);

    /// <summary>Whether a path can lead to a name; if not, that is remembered.</summary>
    /// <param name="name">The name.</param>
    /// <param name="structure">What has it, in the format's own word.</param>
    /// <param name="address">Where that is, in bytes from the start of the volume.</param>
    /// <param name="clause">Where it is specified.</param>
    protected bool IsReachable(ReadOnlySpan<byte> name, string structure, long address, string clause)
    {
        if (EntryName.FindProblem(name) is not { } problem)
        {
            return true;
        }

        (_unreachable ??= new UnreachableEntries()).Add(structure, address, problem, clause);
        return false;
    }
}
