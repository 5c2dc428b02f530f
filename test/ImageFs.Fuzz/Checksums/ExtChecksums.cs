using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of ext4 (metadata_csum): super block, group descriptors, inodes, and blocks of directories, extents and attributes.</summary>
internal static class ExtChecksums
{
    private const int SuperAddress = 1024;
    private const int SuperField = 0x3FC;
    private const int DirectoryTail = 12;
    private const ushort ExtentMagic = 0xF30A;
    private const uint AttributeMagic = 0xEA02_0000;

    /// <summary>Those that an image may have.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        yield return new Seal(SuperAddress, 1024, Sums.Crc32C(SuperField, isInverted: false).Over(SuperField + sizeof(uint)));
        if (image.Length < 4096 || U16(image, SuperAddress + 0x38) != 0xEF53 || U32(image, SuperAddress + 0x18) > 6)
        {
            yield break;
        }

        uint seed = (U32(image, SuperAddress + 0x60) & 0x2000) != 0
            ? U32(image, SuperAddress + 0x270)
            : Crc32C.Append(Crc32C.Initial, image.AsSpan(SuperAddress + 0x68, 16));
        int blockSize = 1024 << (int)U32(image, SuperAddress + 0x18);
        foreach (Seal seal in FindBlocks(image, blockSize, seed))
        {
            yield return seal;
        }

        int inodeSize = U16(image, SuperAddress + 0x58);
        int descriptorSize = (U32(image, SuperAddress + 0x60) & 0x80) != 0 ? U16(image, SuperAddress + 0xFE) : 32;
        int descriptors = (int)(U32(image, SuperAddress + 0x14) + 1) * blockSize;
        uint inodes = U32(image, SuperAddress + 0x28);
        for (int group = 0; descriptors + ((group + 1) * descriptorSize) <= Math.Min(image.Length, descriptors + blockSize); group++)
        {
            int descriptor = descriptors + (group * descriptorSize);
            long table = (long)U32(image, descriptor + 8) * blockSize;
            for (uint i = 0; table > 0 && i < inodes && table + ((i + 1) * inodeSize) <= image.Length; i++)
            {
                yield return new Seal((int)(table + (i * inodeSize)), inodeSize, Inode(seed, ((uint)group * inodes) + i + 1));
            }

            yield return new Seal(descriptor, descriptorSize, Descriptor(seed, (uint)group));
        }
    }

    // Whose block it is, its checksum alone tells: all inodes are tried.
    private static IEnumerable<Seal> FindBlocks(byte[] image, int blockSize, uint seed)
    {
        uint[] owners = [.. FindInodeSeeds(image, blockSize, seed)];
        for (int block = blockSize; block + blockSize <= image.Length; block += blockSize)
        {
            if (U32(image, block) == AttributeMagic)
            {
                yield return new Seal(block, blockSize, Sums.Crc32C(0x10, isInverted: false, Crc32C.Append(seed, (ulong)(block / blockSize))));
                continue;
            }

            SealWriter[] writers =
                U16(image, block) == ExtentMagic ? [.. owners.Select(Extents)]
                : image.AsSpan(block + blockSize - DirectoryTail, 8).SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0, 0, DirectoryTail, 0, 0, 0xDE]) ? [.. owners.Select(Directory)]
                : image[block + 4] == DirectoryTail || U16(image, block + 4) == blockSize ? [.. owners.Select(HashTree)]
                : [];
            foreach (SealWriter writer in writers)
            {
                var seal = new Seal(block, blockSize, writer);
                if (seal.IsRight(image))
                {
                    yield return seal;
                    break;
                }
            }
        }
    }

    private static IEnumerable<uint> FindInodeSeeds(byte[] image, int blockSize, uint seed)
    {
        int inodeSize = U16(image, SuperAddress + 0x58);
        int descriptorSize = (U32(image, SuperAddress + 0x60) & 0x80) != 0 ? U16(image, SuperAddress + 0xFE) : 32;
        int descriptors = (int)(U32(image, SuperAddress + 0x14) + 1) * blockSize;
        uint inodes = U32(image, SuperAddress + 0x28);
        for (int group = 0; descriptors + ((group + 1) * descriptorSize) <= Math.Min(image.Length, descriptors + blockSize); group++)
        {
            long table = (long)U32(image, descriptors + (group * descriptorSize) + 8) * blockSize;
            for (uint i = 0; table > 0 && i < inodes && table + ((i + 1) * inodeSize) <= image.Length; i++)
            {
                int inode = (int)(table + (i * inodeSize));
                if (U16(image, inode) != 0)
                {
                    yield return Crc32C.Append(Crc32C.Append(seed, ((uint)group * inodes) + i + 1), U32(image, inode + 0x64));
                }
            }
        }
    }

    private static SealWriter Inode(uint seed, uint number) => bytes =>
    {
        bool isWide = bytes.Length > 0x84 && BinaryPrimitives.ReadUInt16LittleEndian(bytes[0x80..]) >= 4;
        bytes.Slice(0x7C, 2).Clear();
        if (isWide)
        {
            bytes.Slice(0x82, 2).Clear();
        }

        uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Append(seed, number), BinaryPrimitives.ReadUInt32LittleEndian(bytes[0x64..])), bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x7C..], unchecked((ushort)crc));
        if (isWide)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x82..], (ushort)(crc >> 16));
        }
    };

    private static SealWriter Descriptor(uint seed, uint group) => bytes =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x1E..], unchecked((ushort)Crc32C.AppendWithout(Crc32C.Append(seed, group), bytes, 0x1E, 2)));

    private static SealWriter Directory(uint owner) => bytes =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Crc32C.Append(owner, bytes[..^DirectoryTail]));

    private static SealWriter Extents(uint owner) => bytes =>
    {
        int tail = 12 + (12 * BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]));
        if (tail <= bytes.Length - sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[tail..], Crc32C.Append(owner, bytes[..tail]));
        }
    };

    private static SealWriter HashTree(uint owner) => bytes =>
    {
        int counts = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) == bytes.Length ? 8 : 32;
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(counts + 2)..]) * 8;
        int tail = counts + (BinaryPrimitives.ReadUInt16LittleEndian(bytes[counts..]) * 8);
        if (tail <= bytes.Length - 8 && counts + entries <= tail)
        {
            uint crc = Crc32C.Append(Crc32C.Append(owner, bytes[..(counts + entries)]), bytes.Slice(tail, sizeof(uint)));
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(tail + 4)..], Crc32C.Append(crc, 0u));
        }
    };

    private static ushort U16(byte[] image, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(offset));

    private static uint U32(byte[] image, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(offset));
}
