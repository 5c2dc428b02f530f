using System.Buffers.Binary;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>
/// A block of the hashes of a directory's or an inode's attributes' names: a leaf, whose entries lead to names, or a node, whose entries
/// lead to blocks (xfs_da_intnode, xfs_dir2_leaf, xfs_attr_leafblock).
/// </summary>
/// <param name="bytes">The whole block.</param>
/// <param name="hasChecksums">Whether it is of version 5.</param>
internal readonly ref struct HashBlock(ReadOnlySpan<byte> bytes, bool hasChecksums)
{
    /// <summary>Bytes of an entry: a hash, and what it leads to.</summary>
    public const int EntrySize = 8;

    /// <summary>The magic numbers of the two versions.</summary>
    public const ushort NodeMagic = 0x3EBE, OldNodeMagic = 0xFEBE;

    /// <inheritdoc cref="NodeMagic"/>
    public const ushort AttributeLeafMagic = 0x3BEE, OldAttributeLeafMagic = 0xFBEE;

    /// <inheritdoc cref="NodeMagic"/>
    public const ushort SingleLeafMagic = 0x3DF1, OldSingleLeafMagic = 0xD2F1;

    /// <inheritdoc cref="NodeMagic"/>
    public const ushort LeafMagic = 0x3DFF, OldLeafMagic = 0xD2FF;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The magic number.</summary>
    public ushort Magic => BinaryPrimitives.ReadUInt16BigEndian(_bytes[8..]);

    /// <summary>Whether its entries lead to blocks of hashes.</summary>
    public bool IsNode => Magic == (hasChecksums ? NodeMagic : OldNodeMagic);

    /// <summary>The next block at its level; 0 at the end.</summary>
    public uint Next => BinaryPrimitives.ReadUInt32BigEndian(_bytes);

    /// <summary>Its entries.</summary>
    public int Count => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(hasChecksums ? 56 : 12)..]);

    /// <summary>Entries that there is room for.</summary>
    public int MaxCount => (_bytes.Length - EntriesOffset) / EntrySize;

    /// <summary>Of a node, the levels below it.</summary>
    public int Level => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(hasChecksums ? 58 : 14)..]);

    /// <summary>All its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The entries.</summary>
    public HashList Entries => new(_bytes.Slice(EntriesOffset, Count * EntrySize));

    /// <summary>Where its entries begin: of attributes, the header is longer.</summary>
    public int EntriesOffset => Magic is AttributeLeafMagic or OldAttributeLeafMagic ? (hasChecksums ? 80 : 32) : (hasChecksums ? 64 : 16);
}

/// <summary>Entries in the order of their hashes.</summary>
/// <param name="bytes">A whole number of entries.</param>
internal readonly ref struct HashList(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Count => _bytes.Length / HashBlock.EntrySize;

    /// <summary>The hash of an entry.</summary>
    public uint Hash(int index) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[(index * HashBlock.EntrySize)..]);

    /// <summary>What an entry leads to: of a node a block, of a leaf of a directory the place of the name, in units of 8 bytes.</summary>
    public uint Target(int index) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[((index * HashBlock.EntrySize) + sizeof(uint))..]);

    /// <summary>The first entry whose hash is not less than another; their number when there is none.</summary>
    public int FindFirst(uint hash)
    {
        int low = 0;
        for (int high = Count; low < high;)
        {
            int middle = (low + high) >> 1;
            (low, high) = Hash(middle) < hash ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

/// <summary>Checks blocks of hashes.</summary>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="isAttributes">Whether they are of attributes, or of a directory.</param>
internal sealed class HashBlockCheck(Geometry geometry, bool isAttributes) : BlockCheck(
    geometry,
    isAttributes ? "hashes of attributes" : "hashes of a directory",
    isAttributes ? "xfs_attr_leafblock" : "xfs_dir2_leaf",
    HeaderLayout.Hashes)
{
    /// <inheritdoc/>
    protected override string? FindMagicProblem(ReadOnlySpan<byte> block)
    {
        ushort magic = new HashBlock(block, Geometry.HasChecksums).Magic;
        bool isGood = Geometry.HasChecksums
            ? magic == HashBlock.NodeMagic || (isAttributes ? magic == HashBlock.AttributeLeafMagic : magic is HashBlock.SingleLeafMagic or HashBlock.LeafMagic)
            : magic == HashBlock.OldNodeMagic || (isAttributes ? magic == HashBlock.OldAttributeLeafMagic : magic is HashBlock.OldSingleLeafMagic or HashBlock.OldLeafMagic);
        return isGood ? null : $"its magic number is 0x{magic:X4}";
    }

    /// <inheritdoc/>
    protected override string? FindProblem(ReadOnlySpan<byte> block)
    {
        var hashes = new HashBlock(block, Geometry.HasChecksums);
        return hashes.Count > hashes.MaxCount || (hashes.IsNode && hashes.Count == 0) ? $"it has {hashes.Count} of {hashes.MaxCount} entries" : null;
    }
}

/// <summary>The blocks of a directory or of attributes, by their place in the fork: each of one or more blocks of the volume.</summary>
/// <param name="volume">The file system.</param>
/// <param name="map">The fork.</param>
/// <param name="isAttributes">Whether they are of attributes, or of a directory.</param>
internal sealed class HashBlocks(XfsVolume volume, ForkMap map, bool isAttributes)
{
    // XFS_DA_NODE_MAXDEPTH.
    private const int MaxLevels = 5;

    private readonly MetadataBlocks _blocks = isAttributes ? volume.Blocks : volume.DirectoryBlocks;
    private readonly HashBlockCheck _check = isAttributes ? volume.AttributeHashCheck : volume.DirectoryHashCheck;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; } = isAttributes ? volume.Geometry.BlockSize : volume.Geometry.DirectoryBlockSize;

    /// <summary>Where the blocks lie.</summary>
    public ForkMap Map => map;

    /// <summary>Blocks of the volume that each has.</summary>
    public int BlocksOfEach => BlockSize / volume.Geometry.BlockSize;

    /// <summary>A block, checked.</summary>
    /// <param name="place">Its first block in the fork.</param>
    /// <param name="check">What it has to be.</param>
    /// <param name="buffer">Takes it.</param>
    /// <param name="address">Where it begins in the volume.</param>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> Read(long place, BlockCheck check, Span<byte> buffer, scoped out long address)
    {
        long start = FindBlock(place, check, out long together);
        address = volume.Geometry.AddressOf(start);
        if (together >= BlocksOfEach)
        {
            _blocks.Read(volume.Geometry.LinearBlock(start), check, 0, buffer);
        }
        else
        {
            Assemble(place, check, buffer);
            check.Verify(buffer, address, 0);
        }

        check.VerifyOwner(buffer, address, map.Inode);
        return buffer;
    }

    /// <summary>The leaf that has the entries of a hash, or the first of them.</summary>
    /// <param name="root">Where the root is in the fork.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="buffer">Takes the block.</param>
    /// <param name="address">Where it begins in the volume.</param>
    /// <exception cref="ImageException">A block on the way is damaged.</exception>
    public HashBlock FindLeaf(long root, uint hash, Span<byte> buffer, scoped out long address)
    {
        HashBlock block = ReadHashes(root, buffer, out address);
        int level = block.IsNode ? block.Level : 0;
        if (level > MaxLevels)
        {
            throw _check.Damaged(address, $"its level is {level}");
        }

        while (block.IsNode)
        {
            // What is behind the last hash of all leads to the last leaf, and is not there.
            HashList entries = block.Entries;
            block = ReadHashes(entries.Target(Math.Min(entries.FindFirst(hash), entries.Count - 1)), buffer, out address);
            level--;
            if (block.IsNode ? block.Level != level || level == 0 : level != 0)
            {
                throw _check.Damaged(address, $"it is not of level {level}");
            }
        }

        return block;
    }

    /// <summary>A block of hashes, checked.</summary>
    public HashBlock ReadHashes(long place, Span<byte> buffer, scoped out long address) => new(Read(place, _check, buffer, out address), volume.Geometry.HasChecksums);

    /// <summary>More blocks than there are: a bound of how many can follow one another.</summary>
    public long CountBlocks() => volume.Geometry.DataBlocks / BlocksOfEach;

    private void Assemble(long place, BlockCheck check, Span<byte> buffer)
    {
        var block = new PiecedBlock(volume);
        for (int i = 0; i < BlocksOfEach; i++)
        {
            block.Read(i, volume.Geometry.AddressOf(FindBlock(place + i, check, out _)), buffer);
        }

        block.Finish(buffer);
    }

    private long FindBlock(long place, BlockCheck check, out long together)
    {
        BlockRun run = place < ExtentTreeNode.MaxBlocks ? map.Find(place) : default;
        together = run.End - place;
        return run.Kind == ExtentKind.Mapped
            ? run.Start + (place - run.First)
            : throw new InvalidImageException($"fork of inode {map.Inode}", 0, $"nothing is at its block {place}, where {check.Name} should be", check.Clause);
    }
}
