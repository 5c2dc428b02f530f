using System.Numerics;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>What the super block says of sizes, counts and features, checked as Linux does when it mounts.</summary>
internal sealed class Geometry
{
    private const string Clause = "ext4: Super Block";
    private const int MinBlockSize = 1024;
    private const int MinWideDescriptorSize = 64;
    private const int BitsInByte = 8;

    // mke2fs makes none smaller; each costs a descriptor to go through.
    private const int MinBlocksPerGroup = 256;
    private const byte ChecksumTypeCrc32C = 1;

    private const IncompatibleFeatures Readable =
        IncompatibleFeatures.FileType | IncompatibleFeatures.Recover | IncompatibleFeatures.MetaBg | IncompatibleFeatures.Extents
        | IncompatibleFeatures.Bits64 | IncompatibleFeatures.MultipleMountProtection | IncompatibleFeatures.FlexBg
        | IncompatibleFeatures.EaInode | IncompatibleFeatures.ChecksumSeed | IncompatibleFeatures.LargeDir
        | IncompatibleFeatures.InlineData | IncompatibleFeatures.Encrypt | IncompatibleFeatures.CaseFold;

    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It has a feature that is not read.</exception>
    public Geometry(SuperBlock superBlock)
    {
        Compatible = superBlock.Compatible;
        Incompatible = superBlock.Incompatible;
        ReadOnlyCompatible = superBlock.ReadOnlyCompatible;

        // First of all: what else it says may be what is wrong.
        bool hasChecksums = ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataCsum);
        Require(!hasChecksums || superBlock.ChecksumType == ChecksumTypeCrc32C, $"its checksum type is {superBlock.ChecksumType}");
        Require(!hasChecksums || superBlock.Checksum == superBlock.ActualChecksum, "its checksum is wrong");
        Require(!superBlock.HasLostChecksum, "its checksum is right only with metadata_csum, which it has not: a feature was taken away");
        HasMetadataChecksums = hasChecksums;
        string? problem = superBlock.FindProblem();
        Require(problem is null, problem!);
        string unknown = string.Join(", ", FeatureNames.Of(Incompatible & ~Readable));
        if (unknown.Length > 0)
        {
            throw new UnsupportedFeatureException($"a file system with {unknown}", Clause);
        }

        ChecksumSeed = Incompatible.HasFlag(IncompatibleFeatures.ChecksumSeed)
            ? superBlock.ChecksumSeed
            : Crc32C.Append(Crc32C.Initial, superBlock.Uuid);

        BlockSize = MinBlockSize << (int)superBlock.LogBlockSize;
        ClusterSize = FindClusterSize(superBlock);
        BlocksCount = CheckBlocksCount(superBlock);
        FirstDataBlock = superBlock.FirstDataBlock;
        BlocksPerGroup = superBlock.BlocksPerGroup;
        Require(FirstDataBlock < BlocksCount, $"its first data block, {FirstDataBlock}, lies beyond its {BlocksCount} blocks");
        Require(
            BlocksPerGroup >= MinBlocksPerGroup && BlocksPerGroup <= ClusterSize * BitsInByte
            && BlocksPerGroup % (ClusterSize / BlockSize) == 0,
            $"it has {BlocksPerGroup} blocks in a group");

        InodeSize = superBlock.InodeSize;
        Require(
            InodeSize >= Inode.GoodOldSize && InodeSize <= BlockSize && BitOperations.IsPow2(InodeSize),
            $"its inode size is {InodeSize}");
        InodesCount = superBlock.InodesCount;
        InodesPerGroup = superBlock.InodesPerGroup;
        Require(InodesPerGroup <= BlockSize * BitsInByte, $"{InodesPerGroup} inodes in a group are more than a block's bits");
        FirstInode = superBlock.FirstInode;

        DescriptorSize = superBlock.DescriptorSize;
        int minDescriptorSize = Incompatible.HasFlag(IncompatibleFeatures.Bits64) ? MinWideDescriptorSize : GroupDescriptor.MinSize;
        Require(
            DescriptorSize >= minDescriptorSize && DescriptorSize <= MinBlockSize && BitOperations.IsPow2(DescriptorSize),
            $"its descriptor size is {DescriptorSize}");

        long groups = (BlocksCount - FirstDataBlock - 1) / BlocksPerGroup + 1;
        Require(
            groups <= uint.MaxValue && groups * InodesPerGroup == InodesCount,
            $"{InodesCount} inodes are not {InodesPerGroup} in each of {groups} groups");
        GroupsCount = (uint)groups;
    }

    public CompatibleFeatures Compatible { get; }

    public IncompatibleFeatures Incompatible { get; }

    public ReadOnlyCompatibleFeatures ReadOnlyCompatible { get; }

    /// <summary>Whether metadata have CRC-32C checksums.</summary>
    public bool HasMetadataChecksums { get; }

    /// <summary>Where the checksums of metadata begin.</summary>
    public uint ChecksumSeed { get; }

    /// <summary>Bytes in a block.</summary>
    public int BlockSize { get; }

    /// <summary>Bytes in a cluster, the unit of allocation.</summary>
    public long ClusterSize { get; }

    /// <summary>Blocks in the file system.</summary>
    public long BlocksCount { get; }

    /// <summary>The block that the first group begins at.</summary>
    public uint FirstDataBlock { get; }

    public uint BlocksPerGroup { get; }

    public uint GroupsCount { get; }

    /// <summary>Bytes in a group descriptor.</summary>
    public int DescriptorSize { get; }

    /// <summary>Inodes in the file system: the largest inode number.</summary>
    public uint InodesCount { get; }

    public uint InodesPerGroup { get; }

    /// <summary>Bytes in an inode.</summary>
    public int InodeSize { get; }

    /// <summary>The first inode that is not reserved.</summary>
    public uint FirstInode { get; }

    /// <summary>Whether blocks of files can be there: none lies in the boot block or beyond the end.</summary>
    /// <param name="first">The first block.</param>
    /// <param name="count">Number of blocks; at least 1.</param>
    public bool IsValid(ulong first, uint count) =>
        first > FirstDataBlock && first < (ulong)BlocksCount && count <= (ulong)BlocksCount - first;

    /// <summary>Address of a block in the volume; it must be below <see cref="BlocksCount"/>.</summary>
    public long AddressOf(long block) => block * BlockSize;

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException("super block", SuperBlock.Address, problem, Clause);
        }
    }

    private long FindClusterSize(SuperBlock superBlock)
    {
        if (!ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.BigAlloc))
        {
            return BlockSize;
        }

        const int MaxLogClusterSize = 20;
        uint log = superBlock.LogClusterSize;
        Require(log >= superBlock.LogBlockSize && log <= MaxLogClusterSize, $"its cluster size is 1024 << {log}");
        return (long)MinBlockSize << (int)log;
    }

    private long CheckBlocksCount(SuperBlock superBlock)
    {
        Require(superBlock.BlocksCount <= (ulong)(long.MaxValue / BlockSize), $"it counts {superBlock.BlocksCount} blocks");
        return (long)superBlock.BlocksCount;
    }
}
