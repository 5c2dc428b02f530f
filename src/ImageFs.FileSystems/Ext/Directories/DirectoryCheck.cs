using System.Buffers.Binary;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>Checks the checksums of directory blocks: of entries, and of nodes of a hash tree, which look like empty blocks.</summary>
internal sealed class DirectoryCheck(Geometry geometry, bool isIndexed) : MetadataCheck
{
    private const int TailSize = 12;
    private const byte TailType = 0xDE;

    /// <inheritdoc/>
    public override void Verify(ReadOnlySpan<byte> block, long address, uint seed)
    {
        if (!geometry.HasMetadataChecksums)
        {
            return;
        }

        int entries = isIndexed ? HashTreeNode.FindEntries(block) : 0;
        if (!(entries > 0 ? IsNodeGood(block, entries, seed) : IsLeafGood(block, seed)))
        {
            throw new InvalidImageException("directory block", address, "its checksum is wrong", "ext4: Directory Entries");
        }
    }

    private static bool IsLeafGood(ReadOnlySpan<byte> block, uint seed)
    {
        ReadOnlySpan<byte> tail = block[^TailSize..];
        var entry = new DirEntry(tail);
        return entry.Inode == 0 && entry.Length(block.Length) == TailSize && entry.NameLength == 0 && entry.FileType == TailType
            && BinaryPrimitives.ReadUInt32LittleEndian(tail[DirEntry.HeaderSize..]) == Crc32C.Append(seed, block[..^TailSize]);
    }

    private static bool IsNodeGood(ReadOnlySpan<byte> block, int entries, uint seed)
    {
        var node = new HashTreeNode(block, entries);
        int tail = entries + (node.Limit * HashTreeNode.EntrySize);
        int used = entries + (node.Count * HashTreeNode.EntrySize);
        if (node.Count > node.Limit || tail > block.Length - HashTreeNode.EntrySize)
        {
            return false;
        }

        // The tail is a word that is reserved and the checksum, which counts as zeros.
        uint crc = Crc32C.Append(seed, block[..used]);
        crc = Crc32C.AppendWithout(crc, block.Slice(tail, HashTreeNode.EntrySize), sizeof(uint), sizeof(uint));
        return BinaryPrimitives.ReadUInt32LittleEndian(block[(tail + sizeof(uint))..]) == crc;
    }
}
