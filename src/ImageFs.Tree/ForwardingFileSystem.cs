using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>A file system that asks another one for everything: what shows a part of it differently derives from this.</summary>
/// <param name="inner">The other one.</param>
public abstract class ForwardingFileSystem(FileSystem inner) : FileSystem
{
    /// <inheritdoc/>
    public override string Format => inner.Format;

    /// <inheritdoc/>
    public override NodeId Root => inner.Root;

    /// <inheritdoc/>
    public override NodeId RootOf(NodeId node) => inner.RootOf(node);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => inner.Statistics;

    /// <inheritdoc/>
    public override bool HasBirthTimes => inner.HasBirthTimes;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => inner.HasExtendedAttributes;

    /// <inheritdoc/>
    public override bool MayChange => inner.MayChange;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => inner.Checks;

    /// <inheritdoc/>
    public override bool IsFixed(NodeId node) => inner.IsFixed(node);

    /// <inheritdoc/>
    public override ImageDescription Describe() => inner.Describe();

    /// <inheritdoc/>
    /// <remarks>What derives from this changes <see cref="Show"/>.</remarks>
    public sealed override NodeAttributes GetAttributes(NodeId node) => Show(node, inner.GetAttributes(node));

    /// <inheritdoc/>
    /// <remarks>What derives from this changes <see cref="Show"/>.</remarks>
    public sealed override NodeAttributes GetAttributes(in DirectoryEntry entry) => Show(entry.Node, inner.GetAttributes(in entry));

    /// <inheritdoc/>
    public override void PrefetchNames(NodeId directory) => inner.PrefetchNames(directory);

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory) => inner.PrefetchAttributes(directory);

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => inner.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => inner.ReadDirectory(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => inner.ReadLink(node);

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => inner.OpenFile(node);

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) => inner.ListExtendedAttributes(node);

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) => inner.GetExtendedAttribute(node, name);

    /// <summary>The attributes that stat(2) shows of a node, by whichever request they are asked for.</summary>
    /// <param name="node">The node.</param>
    /// <param name="attributes">What the other file system tells.</param>
    protected virtual NodeAttributes Show(NodeId node, in NodeAttributes attributes) => attributes;
}
