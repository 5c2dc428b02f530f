using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf;

/// <summary>The directories of a UDF volume: where their contents lie. "." is no entry of one, ".." is (ECMA-167 4/14.4).</summary>
/// <param name="volume">The volume.</param>
internal sealed class UdfDirectories(UdfVolume volume) : DirectoryListing<MappedSource, DirectoryReader>(volume.Indexes)
{
    private const int ExtentWeight = 32;

    /// <inheritdoc/>
    protected override int PositionUnit => FileIdentifier.Alignment;

    /// <inheritdoc/>
    protected override MappedSource OpenDirectory(NodeId directory)
    {
        using var block = new PooledBuffer(volume.BlockSize);
        FileEntry entry = volume.ReadFileEntry(UdfNode.ToIcb(directory), block.Span);
        MappedSource contents = entry.FileType == FileType.Directory
            ? volume.OpenContents(entry)
            : throw new LinuxException("readdir", Errno.ENOTDIR, UdfNode.Describe(directory));

        // Extents may lie over one another: a megabyte could claim entries without end.
        return contents.Length <= volume.Image.Length
            ? contents
            : throw entry.Invalid($"the directory has {contents.Length} bytes, the image {volume.Image.Length}");
    }

    /// <inheritdoc/>
    protected override DirectoryReader Read(MappedSource directory, long position) => new(volume, directory, position);

    /// <inheritdoc/>
    protected override long Weigh(MappedSource directory) => (long)directory.Extents.Extents.Length * ExtentWeight;

    /// <inheritdoc/>
    protected override int CountDots(MappedSource directory) => 1;

    /// <inheritdoc/>
    protected override ulong FindInode(NodeId node) => UdfNode.FindNumber(volume, UdfNode.ToIcb(node));
}
