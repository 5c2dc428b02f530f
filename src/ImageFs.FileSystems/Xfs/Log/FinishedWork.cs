using ImageFs.FileSystems.Xfs.Attributes;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>An extended attribute that the log sets or removes, and has not yet.</summary>
/// <param name="Kind">What stands for the prefix of its name.</param>
/// <param name="Name">The rest of its name, as on disk.</param>
/// <param name="Value">Its value, as on disk; null when it is removed.</param>
internal readonly record struct AttributeChange(AttributeFlags Kind, byte[] Name, byte[]? Value)
{
    /// <summary>Whether it is of an attribute.</summary>
    public bool IsOf(AttributeFlags kind, ReadOnlySpan<byte> name) => Kind == kind && name.SequenceEqual(Name);
}

/// <summary>
/// What the log began and was finished here: the extents that forks have by that, which need not fit the inode or its tree, and attributes.
/// </summary>
internal sealed class FinishedWork
{
    private readonly Dictionary<(long Inode, bool IsAttributes), byte[]> _forks = [];
    private readonly Dictionary<long, List<AttributeChange>> _attributes = [];

    /// <summary>How many intents it finished.</summary>
    public int Count { get; init; }

    /// <summary>The extents of a fork, as they are on disk, in order; null when those of the inode are true.</summary>
    /// <param name="inode">The number of the inode.</param>
    /// <param name="isAttributes">Which of its forks.</param>
    public byte[]? FindFork(long inode, bool isAttributes) => _forks.GetValueOrDefault((inode, isAttributes));

    /// <summary>The changes of an inode's attributes, each of another name.</summary>
    /// <param name="inode">The number of the inode.</param>
    public IReadOnlyList<AttributeChange> AttributesOf(long inode) => _attributes.TryGetValue(inode, out List<AttributeChange>? changes) ? changes : [];

    /// <summary>Says what the extents of a fork are.</summary>
    public void SetFork(long inode, bool isAttributes, byte[] extents) => _forks[(inode, isAttributes)] = extents;

    /// <summary>Adds a change of an attribute, in the place of one before of its name.</summary>
    public void Add(long inode, AttributeChange change)
    {
        if (!_attributes.TryGetValue(inode, out List<AttributeChange>? changes))
        {
            _attributes.Add(inode, changes = []);
        }

        changes.RemoveAll(other => other.IsOf(change.Kind, change.Name));
        changes.Add(change);
    }
}

/// <summary>A volume whose log was replayed.</summary>
/// <param name="Source">The volume, with what the log changes.</param>
/// <param name="Finished">What the log began, and was finished here.</param>
/// <param name="IsSpaceWhole">Whether what is free, shared and whose is said to be all that it is: Linux sets the rest right as it recovers.</param>
internal sealed record Recovery(BlockSource Source, FinishedWork Finished, bool IsSpaceWhole);
