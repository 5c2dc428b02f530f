using System.Collections.Concurrent;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Turns exceptions into the error numbers that readers get, and logs the first of each kind.</summary>
/// <param name="fileSystem">The tree: knows the inode numbers that people see.</param>
/// <param name="nodes">Its nodes as the kernel knows them.</param>
/// <param name="log">Takes a line.</param>
internal sealed class FuseErrorLog(FileSystem fileSystem, FuseNodes nodes, Action<string> log)
{
    private readonly ConcurrentDictionary<(string Kind, Errno Errno), bool> _seen = new();

    /// <summary>The error number for what a handler threw; logged when it is the first of its kind.</summary>
    public Errno Note(Exception exception, ulong nodeId)
    {
        Errno errno = exception switch
        {
            ImageException image => image.Errno,
            LinuxException linux => linux.Errno,
            OutOfMemoryException => Errno.ENOMEM,
            _ => Errno.EIO,
        };
        try
        {
            if (_seen.TryAdd((exception.GetType().Name, errno), true))
            {
                // A defect of the program: its author wants to know where.
                string text = exception is ImageException or LinuxException or OutOfMemoryException ? exception.Message : exception.ToString();
                Write(errno, nodeId, text);
            }
        }
        catch (OutOfMemoryException)
        {
            // Not even for a line: the reader gets the error all the same, and the next request may find some.
        }

        return errno;
    }

    /// <summary>Logs something wrong when it is the first of its kind.</summary>
    public void Note(Errno errno, ulong nodeId, string problem)
    {
        if (_seen.TryAdd((problem, errno), true))
        {
            Write(errno, nodeId, problem);
        }
    }

    private void Write(Errno errno, ulong nodeId, string text) =>
        log($"{Name(nodeId)}: {text} ({errno}; more of this kind are not logged)");

    // Its name is not known here: the kernel asks by number, and find(1) tells the names.
    private string Name(ulong nodeId)
    {
        try
        {
            return $"inode {fileSystem.GetAttributes(nodes.ToNode(nodeId)).Inode} (find -inum)";
        }
        catch (Exception)
        {
            // What is wrong with it may be just this.
            return $"node {nodeId:x}";
        }
    }
}
