using ImageFs.FileSystems.Ext.Attributes;
using ImageFs.FileSystems.Ext.Directories;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext;

/// <summary>A file system that was found good: what its readers share.</summary>
internal sealed class ExtVolume
{
    /// <summary>The unit of i_blocks, in bytes.</summary>
    public const int SectorSize = 512;

    private const string Clause = "ext4: Inode Table";

    /// <param name="memory">Keeps what is read of its metadata.</param>
    /// <param name="source">The volume, as it is after recovery of the journal.</param>
    /// <param name="superBlock">Its super block.</param>
    /// <param name="superBlockAddress">Where that is: the group descriptors are after it. In bytes.</param>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public ExtVolume(MemoryBudget memory, BlockSource source, SuperBlock superBlock, long superBlockAddress = SuperBlock.Address)
    {
        Source = source;
        Indexes = memory.Indexes.ForOwner();
        Geometry = new Geometry(superBlock);
        Blocks = new MetadataBlocks(source, Geometry.BlockSize, memory.Blocks) { BlocksPerGroup = Geometry.BlocksPerGroup };
        Descriptors = new GroupDescriptors(superBlock, superBlockAddress, Geometry, Blocks);
        Inodes = new InodeTable(Geometry, Descriptors, Blocks);
        ExtentCheck = new ExtentCheck(Geometry);
        DirectoryCheck = new DirectoryCheck(Geometry, isIndexed: false);
        IndexedDirectoryCheck = new DirectoryCheck(Geometry, isIndexed: true);
        Hash = new DirectoryHash(superBlock.HashSeed, superBlock.Flags.HasFlag(SuperBlockFlags.UnsignedHash));
        DefaultHashVersion = superBlock.DefaultHashVersion;
        Attributes = new ExtendedAttributes(this);
    }

    /// <summary>Where the addresses of the file system are.</summary>
    public BlockSource Source { get; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>Blocks that the journal stands for; null when it was not read.</summary>
    public int? RecoveredBlocks { get; init; }

    public Geometry Geometry { get; }

    public MetadataBlocks Blocks { get; }

    public GroupDescriptors Descriptors { get; }

    public InodeTable Inodes { get; }

    public ExtentCheck ExtentCheck { get; }

    public DirectoryCheck DirectoryCheck { get; }

    public DirectoryCheck IndexedDirectoryCheck { get; }

    public DirectoryHash Hash { get; }

    /// <summary>The hash_version of directories without a hash tree.</summary>
    public byte DefaultHashVersion { get; }

    public ExtendedAttributes Attributes { get; }

    /// <summary>i_size of an inode, in bytes.</summary>
    /// <exception cref="InvalidImageException">It is no size.</exception>
    public long SizeOf(Inode inode)
    {
        bool hasHighHalf = inode.Type == NodeType.Regular || Geometry.Incompatible.HasFlag(IncompatibleFeatures.LargeDir);
        ulong size = inode.SizeLow | (hasHighHalf ? (ulong)inode.SizeHigh << 32 : 0);
        return size <= long.MaxValue
            ? (long)size
            : throw new InvalidImageException($"inode {inode.Number}", inode.Address, $"its size is {size}", Clause);
    }

    /// <summary>Space that an inode takes, in units of 512 bytes; as Linux has it, with the contents of a file in the inode.</summary>
    public long SectorsOf(Inode inode)
    {
        long sectors = BlocksOf(inode);
        return inode.Type == NodeType.Regular && inode.Flags.HasFlag(InodeFlags.InlineData)
            ? sectors + (SizeOf(inode) / SectorSize) + (SizeOf(inode) % SectorSize == 0 ? 0 : 1)
            : sectors;
    }

    /// <summary>i_blocks of an inode, in units of 512 bytes.</summary>
    public long BlocksOf(Inode inode)
    {
        if (!Geometry.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.HugeFile))
        {
            return inode.BlocksLow;
        }

        long blocks = inode.BlocksLow | ((long)inode.BlocksHigh << 32);
        return inode.Flags.HasFlag(InodeFlags.HugeFile) ? blocks * (Geometry.BlockSize / SectorSize) : blocks;
    }

    /// <summary>The block of extended attributes of an inode; 0 when it has none.</summary>
    public ulong AttributeBlockOf(Inode inode) =>
        inode.FileAclLow | (Geometry.Incompatible.HasFlag(IncompatibleFeatures.Bits64) ? (ulong)inode.FileAclHigh << 32 : 0);

    /// <summary>What an inode holds, wherever it is.</summary>
    /// <exception cref="ImageException">The map of its blocks is damaged at its root.</exception>
    public BlockSource OpenContents(Inode inode)
    {
        long size = SizeOf(inode);
        if (inode.Flags.HasFlag(InodeFlags.InlineData))
        {
            return new InlineData(ExtendedAttributes.ReadInlineData(inode), size);
        }

        return inode.Flags.HasFlag(InodeFlags.Extents) ? new ExtentTree(this, inode, size) : new BlockPointers(this, inode, size);
    }

    /// <summary>The inode of a node.</summary>
    /// <param name="node">A file's: its number.</param>
    /// <param name="bytes">Takes the inode.</param>
    /// <exception cref="ImageException">It is damaged, or no file's.</exception>
    public Inode ReadInode(NodeId node, Span<byte> bytes)
    {
        uint number = node.Value <= uint.MaxValue ? (uint)node.Value : 0;
        if (number < Geometry.FirstInode && number != InodeTable.Root)
        {
            throw new InvalidImageException($"inode {number}", SuperBlock.Address, "it is reserved, and no file's", "ext4: Special inodes");
        }

        Inode inode = Inodes.Read(number, bytes);
        return FileTypes.NumberOf(inode.Type) != 0
            ? inode
            : throw new InvalidImageException($"inode {number}", inode.Address, $"its mode is 0x{inode.Mode:X}, which is of no type of file", Clause);
    }
}
