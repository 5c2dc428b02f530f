namespace ImageFs.Fuse;

/// <summary>Takes the entries of a directory, one by one.</summary>
public interface IFuseDirectorySink
{
    /// <summary>Takes an entry.</summary>
    /// <param name="name">The name as bytes.</param>
    /// <param name="nodeId">The node.</param>
    /// <param name="type">The type: st_mode shifted right by 12.</param>
    /// <param name="inode">st_ino, or 0 when it is not known without reading the node.</param>
    /// <param name="nextPosition">Where reading goes on after it; above 0.</param>
    /// <returns>False when it did not take it: reading ends.</returns>
    bool Add(ReadOnlySpan<byte> name, ulong nodeId, uint type, ulong inode, long nextPosition);
}
