using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.FileSystems;

/// <summary>What a call on a node of another type than it is for answers.</summary>
internal static class WrongType
{
    /// <summary>EISDIR where a directory is read as a file; else EINVAL.</summary>
    /// <param name="call">The call: "read", "readlink".</param>
    /// <param name="type">What the node is.</param>
    /// <param name="node">The node, as its format names it.</param>
    public static LinuxException Of(string call, NodeType type, string node) =>
        new(call, type == NodeType.Directory && call == "read" ? Errno.EISDIR : Errno.EINVAL, node);
}
