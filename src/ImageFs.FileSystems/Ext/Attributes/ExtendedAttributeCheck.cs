using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>Checks blocks of extended attributes. Files share them, so that the checksum knows no inode.</summary>
internal sealed class ExtendedAttributeCheck(Geometry geometry) : MetadataCheck
{
    /// <inheritdoc/>
    public override void Verify(ReadOnlySpan<byte> block, long address, uint seed)
    {
        var header = new ExtendedAttributeBlock(block);
        if (header.Magic != ExtendedAttributeBlock.MagicNumber || header.Blocks != 1)
        {
            throw Damaged(address, $"its magic number is 0x{header.Magic:X}, its length {header.Blocks} blocks");
        }

        if (geometry.HasMetadataChecksums && header.Checksum != header.ActualChecksum(seed, address / geometry.BlockSize))
        {
            throw Damaged(address, "its checksum is wrong");
        }
    }

    private static InvalidImageException Damaged(long address, string problem) =>
        new("extended attribute block", address, problem, ExtendedAttributes.Clause);
}
