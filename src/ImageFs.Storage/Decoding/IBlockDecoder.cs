namespace ImageFs.Storage.Decoding;

/// <summary>Reads and decodes blocks of a layer.</summary>
internal interface IBlockDecoder
{
    /// <summary>Decodes a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    void Decode(in EncodedBlock block, Span<byte> destination);
}
