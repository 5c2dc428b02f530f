using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs.Directories;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>Checks that the extended attributes of an inode lie in the order of their hashes, each that of its name (xfs_attr_leafblock).</summary>
/// <param name="volume">The volume.</param>
/// <param name="inode">The inode.</param>
internal sealed class AttributeCheck(XfsVolume volume, HeldInode inode)
{
    private const byte IsLocal = 1;

    // The hash of a pointer to a parent is of the parent, too.
    private const byte IsParent = 8;
    private const int EntryLength = 8;
    private const string Clause = "xfs_attr_leafblock";

    /// <summary>Checks all.</summary>
    /// <exception cref="InvalidImageException">What is damaged first.</exception>
    public void Run()
    {
        var blocks = new ForkBlocks(volume, inode, isAttributes: true);
        if (inode.Open().IsLocal(isAttributes: true) || blocks.ExtentsBetween(0, 1).Count == 0)
        {
            return;
        }

        new HashTree(volume, blocks, 0, uint.MaxValue, volume.Geometry.HasChecksums ? HashBlock.AttributeLeafMagic : HashBlock.OldAttributeLeafMagic).Walk(CheckLeaf);
    }

    private (uint First, uint Last)? CheckLeaf(long address, ReadOnlySpan<byte> block)
    {
        int header = volume.Geometry.HasChecksums ? 80 : 32;
        int count = BinaryPrimitives.ReadUInt16BigEndian(block[(volume.Geometry.HasChecksums ? 56 : 12)..]);
        Require(count <= (block.Length - header) / EntryLength, address, $"it has {count} attributes");
        uint before = 0;
        int names = header + (count * EntryLength);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = block.Slice(header + (i * EntryLength), EntryLength);
            uint hash = BinaryPrimitives.ReadUInt32BigEndian(entry);
            int at = BinaryPrimitives.ReadUInt16BigEndian(entry[4..]);
            byte flags = entry[6];
            int lengthAt = (flags & IsLocal) != 0 ? 2 : 8;
            Require(hash >= before, address, $"the hash of attribute {i} is lower than the one before it");
            Require(at >= names && at + lengthAt < block.Length, address, $"attribute {i} is at {at}");
            int length = block[at + lengthAt];
            Require(length > 0 && at + lengthAt + 1 + length <= block.Length, address, $"the name of attribute {i} has no room");
            ReadOnlySpan<byte> name = block.Slice(at + lengthAt + 1, length);
            Require((flags & IsParent) != 0 || NameHashing.Hash(name) == hash, address, $"the hash of attribute {i} is not that of its name");
            before = hash;
        }

        return count == 0 ? null : (BinaryPrimitives.ReadUInt32BigEndian(block[header..]), before);
    }

    private void Require(bool condition, long address, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException($"attributes of inode {inode.Number}", address, problem, Clause);
        }
    }
}
