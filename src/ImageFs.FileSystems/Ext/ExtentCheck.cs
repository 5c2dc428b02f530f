using System.Buffers.Binary;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>Checks nodes of extent trees: header, order and range of the entries, checksum (ext4: Extent Tree).</summary>
internal sealed class ExtentCheck(Geometry geometry) : MetadataCheck
{
    /// <summary>The most levels that a tree has below its root.</summary>
    public const int MaxDepth = 5;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "ext4: Extent Tree";

    /// <inheritdoc/>
    public override void Verify(ReadOnlySpan<byte> block, long address, uint seed)
    {
        if ((FindProblem(block) ?? FindChecksumProblem(block, seed)) is string problem)
        {
            throw new InvalidImageException("extent node", address, problem, Clause);
        }
    }

    /// <summary>Checks the root in an inode, which the inode's checksum covers.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public void VerifyRoot(ReadOnlySpan<byte> root, long address)
    {
        if (FindProblem(root) is string problem)
        {
            throw new InvalidImageException("extent tree", address, problem, Clause);
        }
    }

    private string? FindProblem(ReadOnlySpan<byte> node)
    {
        var header = new ExtentHeader(node);
        if (header.Magic != ExtentHeader.MagicNumber)
        {
            return $"its magic number is 0x{header.Magic:X4}";
        }

        if (header.Max == 0 || header.Max > (node.Length / ExtentHeader.Size) - 1 || header.Entries > header.Max)
        {
            return $"it has {header.Entries} of {header.Max} entries in {node.Length} bytes";
        }

        if (header.Depth > MaxDepth)
        {
            return $"its depth is {header.Depth}";
        }

        return header.Depth == 0 ? FindLeafProblem(new ExtentNode(node)) : FindIndexProblem(new ExtentNode(node));
    }

    private string? FindLeafProblem(ExtentNode node)
    {
        long end = 0;
        for (int i = 0; i < node.Count; i++)
        {
            ExtentLeaf leaf = node.Leaf(i);
            if (leaf.Length == 0 || leaf.Block < end || leaf.End > ExtentTree.MaxBlocks || !geometry.IsValid(leaf.Start, leaf.Length))
            {
                return $"extent {i} maps {leaf.Length} blocks from {leaf.Block} to {leaf.Start}";
            }

            end = leaf.End;
        }

        return null;
    }

    private string? FindIndexProblem(ExtentNode node)
    {
        long next = 0;
        for (int i = 0; i < node.Count; i++)
        {
            ExtentIndex index = node.Index(i);
            if (index.Block < next || !geometry.IsValid(index.Leaf, 1))
            {
                return $"index {i} leads from block {index.Block} to {index.Leaf}";
            }

            next = index.Block + 1L;
        }

        return node.Count == 0 ? "it has no entries" : null;
    }

    private string? FindChecksumProblem(ReadOnlySpan<byte> block, uint seed)
    {
        if (!geometry.HasMetadataChecksums)
        {
            return null;
        }

        int tail = ExtentHeader.Size + (new ExtentHeader(block).Max * ExtentHeader.Size);
        return tail > block.Length - sizeof(uint)
            || BinaryPrimitives.ReadUInt32LittleEndian(block[tail..]) != Crc32C.Append(seed, block[..tail])
            ? "its checksum is wrong"
            : null;
    }
}
