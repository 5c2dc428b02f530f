using System.Buffers.Binary;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of XFS version 5: what a block is, its first bytes tell, and by that where its checksum is.</summary>
internal static class XfsChecksums
{
    private const int Sector = 512;

    /// <summary>Those that an image may have.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        if (image.Length < Sector || BinaryPrimitives.ReadUInt32BigEndian(image) != 0x5846_5342)
        {
            yield break;
        }

        int blockSize = (int)BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(4));
        int inodeSize = BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(104));
        int directorySize = blockSize << image[192];
        for (int at = 0; at + Sector <= image.Length; at += Sector)
        {
            ReadOnlySpan<byte> bytes = image.AsSpan(at, Sector);
            (int field, int length) = BinaryPrimitives.ReadUInt32BigEndian(bytes) switch
            {
                0x5846_5342 => (224, Sector),
                0x5841_4746 => (216, Sector),
                0x5841_4749 => (312, Sector),
                0x5841_464C => (32, Sector),
                0x4142_3342 or 0x4142_3343 or 0x4941_4233 or 0x4649_4233 or 0x524D_4233 or 0x5233_4643 => (52, blockSize),
                0x424D_4133 => (64, blockSize),
                0x5844_4233 or 0x5844_4433 or 0x5844_4633 => (4, directorySize),
                0x5841_524D or 0x5853_4C4D => (12, blockSize),
                _ => (0, 0),
            };
            if (length == 0)
            {
                (field, length) = BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]) switch
                {
                    0x3DF1 or 0x3DD1 or 0x3EBE => (12, directorySize),
                    0x3BEE => (12, blockSize),
                    _ => (0, 0),
                };
            }

            if (length > 0)
            {
                yield return new Seal(at, length, Sums.Crc32C(field));
            }

            for (int inode = at; IsInode(image, inode) && inodeSize >= 256 && inode < at + Math.Max(Sector, inodeSize); inode += inodeSize)
            {
                yield return new Seal(inode, inodeSize, Sums.Crc32C(100));
            }
        }
    }

    private static bool IsInode(byte[] image, int at) => at + 2 <= image.Length && image[at] == 'I' && image[at + 1] == 'N';
}
