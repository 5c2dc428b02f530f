namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>A metadata block, decoded.</summary>
/// <param name="Bytes">What it holds.</param>
/// <param name="Next">Where the next one begins.</param>
internal sealed record MetadataBlock(byte[] Bytes, long Next)
{
    /// <summary>Bytes that one holds at most.</summary>
    public const int MaxLength = 8192;
}
