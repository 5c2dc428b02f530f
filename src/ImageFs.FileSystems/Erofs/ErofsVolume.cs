using ImageFs.FileSystems.Erofs.Attributes;
using ImageFs.FileSystems.Erofs.Compression;
using ImageFs.FileSystems.Erofs.Contents;
using ImageFs.FileSystems.Erofs.Devices;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs;

/// <summary>A file system whose super block was found good: what its readers share.</summary>
internal sealed class ErofsVolume
{
    // Metadata is read in pieces of this size, whatever the blocks are.
    private const int CachedBlockSize = 4096;

    private readonly BlockCache _metadata;
    private readonly Lazy<BlockSource> _packed;
    private readonly Lazy<BlockSource> _metabox;
    private readonly Lazy<BlockCache> _metadataInMetabox;
    private readonly DecodedBlocks _decoded;

    /// <param name="primary">The device with the super block.</param>
    /// <param name="geometry">What the super block says.</param>
    /// <param name="devices">The other devices.</param>
    /// <param name="memory">Keeps what is read and decoded.</param>
    /// <exception cref="ImageException">The settings of compressors are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ErofsVolume(BlockSource primary, Geometry geometry, IReadOnlyList<DataDevice> devices, MemoryBudget memory)
    {
        Primary = primary;
        Geometry = geometry;
        Devices = devices;
        Memory = memory;
        Data = devices.Count == 0 ? primary : new UnifiedSource(primary, devices);
        Indexes = memory.Indexes.ForOwner();
        _decoded = memory.Decoded.ForOwner();
        _metadata = new BlockCache(primary, CachedBlockSize, memory.Blocks);
        Compressors = CompressorSettings.Read(this);
        _packed = new Lazy<BlockSource>(() => OpenSpecial(geometry.PackedNode, "packed_nid"), LazyThreadSafetyMode.PublicationOnly);
        _metabox = new Lazy<BlockSource>(() => OpenSpecial(geometry.MetaboxNode, "metabox_nid"), LazyThreadSafetyMode.PublicationOnly);
        _metadataInMetabox = new Lazy<BlockCache>(
            () => new BlockCache(_metabox.Value, CachedBlockSize, memory.Blocks), LazyThreadSafetyMode.PublicationOnly);
        AttributePrefixes = new Lazy<IReadOnlyList<AttributePrefix>>(() => AttributePrefix.ReadAll(this), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The device with the super block.</summary>
    public BlockSource Primary { get; }

    public Geometry Geometry { get; }

    public IReadOnlyList<DataDevice> Devices { get; }

    public MemoryBudget Memory { get; }

    /// <summary>Where addresses of data are that are of no certain device.</summary>
    public BlockSource Data { get; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>The compressors that there may be.</summary>
    public CompressorSettings Compressors { get; }

    /// <summary>The long prefixes of names of attributes.</summary>
    public Lazy<IReadOnlyList<AttributePrefix>> AttributePrefixes { get; }

    /// <summary>The contents of the packed inode: ends of files, and long prefixes.</summary>
    /// <exception cref="ImageException">There is none, or it is damaged.</exception>
    public BlockSource Packed => _packed.Value;

    /// <summary>Metadata: what inodes, attributes and indexes are read from.</summary>
    /// <param name="isInMetabox">Whether it is that in the metabox.</param>
    /// <exception cref="ImageException">There is no metabox, or it is damaged.</exception>
    public BlockCache Metadata(bool isInMetabox) => isInMetabox ? _metadataInMetabox.Value : _metadata;

    /// <summary>The same as a layer.</summary>
    /// <param name="isInMetabox">Whether it is that in the metabox.</param>
    /// <exception cref="ImageException">There is no metabox, or it is damaged.</exception>
    public BlockSource MetadataSource(bool isInMetabox) => isInMetabox ? _metabox.Value : Primary;

    /// <summary>Where the decoded blocks of a file are kept: those of data by their address, for files share them.</summary>
    /// <param name="inode">The file.</param>
    public DecodedBlocks DecodedOf(in Inode inode) => inode.IsInMetabox ? _decoded.OfFile(unchecked((long)inode.Node)) : _decoded.ByAddress();

    /// <summary>The inode of a node.</summary>
    /// <exception cref="ImageException">It is damaged, not read, or not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Inode ReadInode(NodeId node) => Inode.Read(this, node.Value);

    /// <summary>The contents of a file, directory or symbolic link.</summary>
    /// <exception cref="ImageException">What leads to them is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public BlockSource OpenContents(in Inode inode) => inode.Layout switch
    {
        DataLayout.Plain or DataLayout.Inline => new FlatFile(this, in inode),
        DataLayout.Chunks => new ChunkedFile(this, in inode),
        _ => new CompressedFile(this, in inode),
    };

    private BlockSource OpenSpecial(ulong node, string field)
    {
        if (node == 0)
        {
            throw new InvalidImageException(SuperBlock.Structure, SuperBlock.Address, $"{field} is 0, and something lies there");
        }

        Inode inode = Inode.Read(this, node);
        return inode.Type == NodeType.Regular ? OpenContents(in inode) : throw inode.Damaged($"it is {field}, and no file");
    }
}
