namespace ImageFs.Tree;

/// <summary>A file system whose owners and permissions are those of the mount's options; all else is its own.</summary>
/// <param name="inner">The file system.</param>
/// <param name="ownership">What the options say.</param>
internal sealed class OwnershipFileSystem(FileSystem inner, Ownership ownership) : ForwardingFileSystem(inner)
{
    /// <inheritdoc/>
    protected override NodeAttributes Show(NodeId node, in NodeAttributes attributes) => ownership.Change(in attributes);
}
