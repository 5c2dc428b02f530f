using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>What nodes of trees are read from, by logical addresses: there may be several copies of each.</summary>
internal interface INodeSource
{
    /// <summary>Copies of the bytes at an address, those that can be put together by parity among them; 0 where no chunk is.</summary>
    int CopiesAt(long address);

    /// <summary>Reads a copy.</summary>
    /// <param name="copy">From 0, less than <see cref="CopiesAt"/>.</param>
    /// <param name="address">The logical address.</param>
    /// <param name="bytes">Filled whole.</param>
    /// <exception cref="ImageException">It is not there whole, or on a device that is missing.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    void ReadCopy(int copy, long address, Span<byte> bytes);

    /// <inheritdoc cref="BlockSource.Prefetch"/>
    void Prefetch(long offset, long maxLength);
}
