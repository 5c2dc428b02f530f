using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers;

/// <summary>A disk whose blocks are found by tables: they lie in files, in a parent disk, nowhere, or compressed.</summary>
/// <param name="decoded">Keeps decoded blocks, where some are compressed.</param>
internal abstract class TableDisk(DecodedBlocks decoded = default) : Container(decoded)
{
    // Bytes of its tables that it reads at once.
    internal const int TableCacheBlock = 4096;

    /// <inheritdoc/>
    public override bool HasOwnBlocks => true;

    /// <summary>Opens the disk that this one is written over.</summary>
    /// <param name="file">The file that names it.</param>
    /// <param name="path">The path as the image has it, where the user does not name another.</param>
    /// <param name="role">What it is to the image: "backing file".</param>
    /// <param name="format">Its format when it is told; null to look.</param>
    /// <param name="context">What the disk is opened with; its options are not meant for the one below.</param>
    protected internal static BlockSource OpenParent(
        ImageFile file, Func<string> path, string role, string? format, OpenContext context) =>
        ContainerFormats.Open(file.OpenParent(path, role), format, context.WithoutOptions());
}
