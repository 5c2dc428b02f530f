using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>The blocks of a metadata partition: those of its file, or of the mirror file where that one has none (UDF 2.2.13).</summary>
/// <param name="main">The metadata file.</param>
/// <param name="mirror">The metadata mirror file.</param>
internal sealed class MirroredSource(BlockSource main, BlockSource mirror) : BlockSource
{
    /// <summary>The metadata mirror file.</summary>
    public BlockSource Mirror => mirror;

    /// <inheritdoc/>
    public override long Length => Math.Max(main.Length, mirror.Length);

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        if (offset < main.Length)
        {
            Extent own = main.Map(offset, Math.Min(maxLength, main.Length - offset), out below);
            if (own.Kind == ExtentKind.Mapped || offset >= mirror.Length)
            {
                return own;
            }

            maxLength = own.Length;
        }

        return mirror.Map(offset, Math.Min(maxLength, mirror.Length - offset), out below);
    }
}
