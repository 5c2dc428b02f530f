using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>What is recognised but not read: marks that a volume or a file begins with, as file(1) and blkid(8) know them.</summary>
/// <param name="Address">Where the mark is, in bytes from the start.</param>
/// <param name="Mark">The mark.</param>
/// <param name="Type">The type as blkid has it; of a compressed file its name.</param>
/// <param name="Text">What that is, for a sentence.</param>
internal sealed record ForeignMagic(long Address, byte[] Mark, string Type, string Text)
{
    private const int MaxLength = 16;

    private static readonly ForeignMagic[] s_all =
    [
        new(0, [.. "hsqs"u8], "squashfs", "a squashfs file system"),
        new(1024, [0xE2, 0xE1, 0xF5, 0xE0], "erofs", "an erofs file system"),
        new(65600, [.. "_BHRfS_M"u8], "btrfs", "a btrfs file system"),
        new(0, [.. "XFSB"u8], "xfs", "an xfs file system"),
        new(1024, [0x10, 0x20, 0xF5, 0xF2], "f2fs", "an f2fs file system"),
        new(3, [.. "NTFS    "u8], "ntfs", "an NTFS file system"),
        new(0, [.. "LUKS"u8, 0xBA, 0xBE], "crypto_LUKS", "an encrypted volume (LUKS)"),
        new(24, [.. "LVM2 001"u8], "LVM2_member", "a part of an LVM2 volume group"),
        new(536, [.. "LVM2 001"u8], "LVM2_member", "a part of an LVM2 volume group"),
        new(4086, [.. "SWAPSPACE2"u8], "swap", "swap space"),
        new(65526, [.. "SWAPSPACE2"u8], "swap", "swap space"),
        Compressed(0, [0xFD, .. "7zXZ"u8, 0], "xz"),
        Compressed(0, [0x1F, 0x8B, 8], "gzip"),
        Compressed(0, [0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        Compressed(4, [.. "1AY&SY"u8], "bzip2"),
        Compressed(0, [.. "PK"u8, 3, 4], "zip"),
    ];

    /// <summary>Recognises one; null when there is none. Asked only of what no format recognises.</summary>
    /// <exception cref="ImageException">The source is damaged there.</exception>
    internal static ForeignFileSystem? Recognise(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        foreach (ForeignMagic magic in s_all)
        {
            Span<byte> found = bytes[..magic.Mark.Length];
            if (magic.Address + found.Length <= source.Length)
            {
                source.ReadAt(magic.Address, found);
                if (found.SequenceEqual(magic.Mark))
                {
                    return new ForeignFileSystem(magic.Type, string.Empty) { Text = magic.Text };
                }
            }
        }

        return null;
    }

    private static ForeignMagic Compressed(long address, byte[] mark, string type) =>
        new(address, mark, type, $"a file compressed by {type}, to be decompressed first,");
}
