using ImageFs.FileSystems.SquashFs.Files;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>A file system that was found good: what its readers share.</summary>
internal sealed class SquashFsVolume
{
    /// <param name="source">What it is on.</param>
    /// <param name="super">Its super block.</param>
    /// <param name="memory">Keeps what is read.</param>
    /// <exception cref="ImageException">It cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public SquashFsVolume(BlockSource source, SuperBlock super, MemoryBudget memory)
    {
        Super = super;
        Codec = Compressor.Of(Super);

        // What follows it is a signature, or padding.
        Source = new BlockSlice(source, 0, (long)Super.BytesUsed);
        Metadata = new MetadataReader(Source, Super, Codec, memory.Indexes.ForOwner());
        Inodes = new InodeTable(Metadata, Super);
        Ids = new IdTable(Source, Metadata, Super);
        Fragments = new FragmentTable(Source, Metadata, Super);
        Exports = Super.ExportTable == SuperBlock.NoTable ? null : new ExportTable(Source, Metadata, Super);
        Attributes = Super.AttributeTable == SuperBlock.NoTable ? null : new AttributeTable(Source, Metadata, Super);
        Decoded = memory.Decoded.ForOwner().ByAddress();
        Indexes = memory.Indexes.ForOwner();
    }

    public SuperBlock Super { get; }

    public Codec Codec { get; }

    /// <summary>The bytes of the file system.</summary>
    public BlockSource Source { get; }

    public MetadataReader Metadata { get; }

    public InodeTable Inodes { get; }

    public IdTable Ids { get; }

    public FragmentTable Fragments { get; }

    /// <summary>Inodes by their numbers; null where there is no such table.</summary>
    public ExportTable? Exports { get; }

    /// <summary>The extended attributes; null where there are none.</summary>
    public AttributeTable? Attributes { get; }

    /// <summary>Whether names of a directory are in order (from 3.1 on).</summary>
    public bool HasSortedNames => Super is { Major: > 3 } or { Major: 3, Minor: > 0 };

    /// <summary>Blocks of files that were decoded last. Fragments have many files in each, and files that are the same one place.</summary>
    public DecodedBlocks Decoded { get; }

    /// <summary>What is known of its directories.</summary>
    public IndexShare Indexes { get; }
}
