using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse;

/// <summary>Files of Linux's own with the bytes of a tree's files, which the kernel reads in their place (FUSE passthrough). Safe from any thread.</summary>
public interface IBackingFiles
{
    /// <summary>Has the kernel know one (<see cref="FuseBacking.Open"/>).</summary>
    /// <param name="connection">The connection of the mount.</param>
    /// <param name="node">A regular file of the tree.</param>
    /// <returns>The kernel's number of it; 0 of a node that is to be served.</returns>
    /// <exception cref="LinuxException">The kernel does not take it: it is served.</exception>
    int Open(FileDescriptor connection, NodeId node);

    /// <summary>Has the kernel forget one.</summary>
    /// <param name="connection">The connection of the mount.</param>
    /// <param name="number">The kernel's number of it.</param>
    /// <exception cref="LinuxException">The kernel has none by that number.</exception>
    void Close(FileDescriptor connection, int number);
}
