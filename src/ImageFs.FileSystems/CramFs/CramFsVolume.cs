using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>A cramfs volume.</summary>
/// <param name="source">What it is on.</param>
/// <param name="superBlock">Its super block.</param>
/// <param name="memory">Keeps what was read.</param>
internal sealed class CramFsVolume(BlockSource source, SuperBlock superBlock, MemoryBudget memory)
{
    private const int CachedBlock = 4096;

    /// <summary>What it is on.</summary>
    public BlockSource Source => source;

    /// <summary>Its super block.</summary>
    public SuperBlock SuperBlock => superBlock;

    /// <summary>The same source, through a cache.</summary>
    public BlockCache Cache { get; } = new(source, CachedBlock, memory.Blocks);

    /// <summary>Keeps the indexes of directories.</summary>
    public IndexShare Indexes { get; } = memory.Indexes.ForOwner();

    /// <summary>Keeps decoded blocks. Files that are alike have the same ones.</summary>
    public DecodedBlocks Decoded { get; } = memory.Decoded.ForOwner().ByAddress();

    /// <summary>Bytes of a block, decoded: those of a page of the machine that it is for.</summary>
    public int BlockSize { get; set; }

    /// <summary>The inode of the root directory.</summary>
    public NodeId Root => new((ulong)superBlock.Address + SuperBlock.RootAt);

    /// <summary>The error of an inode.</summary>
    public static InvalidImageException Invalid(NodeId node, string problem) => new("cramfs inode", (long)node.Value, problem, SuperBlock.Clause);

    /// <summary>Reads the inode of a node.</summary>
    /// <exception cref="InvalidImageException">There can be none.</exception>
    /// <exception cref="TruncatedImageException">The image ends before.</exception>
    public Inode ReadInode(NodeId node)
    {
        if (node.Value % Inode.Unit != 0 || (long)node.Value > superBlock.Length - Inode.Length)
        {
            throw Invalid(node, $"there is none in the 0x{superBlock.Length:X} bytes of the file system");
        }

        Span<byte> bytes = stackalloc byte[Inode.Length];
        Cache.ReadAt((long)node.Value, bytes);
        return new Inode(bytes, superBlock.Order);
    }

    /// <summary>Opens the contents of a file or a symbolic link.</summary>
    /// <exception cref="InvalidImageException">They leave the file system.</exception>
    public BlockSource OpenContents(NodeId node)
    {
        Inode inode = ReadInode(node);
        return inode.Size == 0 ? MemorySource.Empty : new CramFsFile(this, node, inode.Offset, inode.Size, BlockSize);
    }
}
