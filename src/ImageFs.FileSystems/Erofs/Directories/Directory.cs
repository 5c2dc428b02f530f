using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs.Directories;

/// <summary>A directory that was opened.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Inode">Its inode.</param>
/// <param name="Contents">Its blocks.</param>
internal sealed record Directory(NodeId Node, Inode Inode, BlockCache Contents)
{
    /// <summary>Bytes of all blocks.</summary>
    public long Size => Inode.Size;

    /// <summary>Reads a block.</summary>
    /// <param name="start">Where it begins in the directory.</param>
    /// <param name="buffer">As long as a block is.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public DirectoryBlock Read(long start, Span<byte> buffer)
    {
        Span<byte> bytes = buffer[..(int)Math.Min(buffer.Length, Size - start)];
        Contents.ReadAt(start, bytes);
        return DirectoryBlock.Of(this, start, bytes);
    }

    /// <summary>The error of a place in it.</summary>
    public InvalidImageException Damaged(long offset, string problem) => new($"directory of node {Node.Value}", offset, problem, "erofs_dirent");
}
