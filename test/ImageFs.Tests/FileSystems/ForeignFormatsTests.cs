using System.Text;
using ImageFs.FileSystems.Foreign;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.FileSystems;

/// <summary>What is recognised but not read: by marks where the formats' own documents have them.</summary>
internal sealed class ForeignFormatsTests
{
    private const int Length = 4 << 20;

    private static readonly (string Type, long Address, byte[] Mark)[] s_marks =
    [
        ("f2fs", 1024, [0x10, 0x20, 0xF5, 0xF2]),
        ("apfs", 32, [.. "NXSB"u8]),
        ("hfsplus", 1024, [.. "H+"u8, 0, 4]),
        ("hfsplus", 1024, [.. "HX"u8, 0, 5]),
        ("hfs", 1024, [.. "BD"u8]),
        ("bcachefs", 4096, [.. new byte[24], 0xC6, 0x85, 0x73, 0xF6, 0x66, 0xCE, 0x90, 0xA9, 0xD9, 0x6A, 0x60, 0xCF, 0x80, 0x3D, 0xF7, 0xEF]),
        ("nilfs2", 1024, [2, 0, 0, 0, 0, 0, 0x34, 0x34]),
        ("jfs", 32768, [.. "JFS1"u8]),
        ("reiserfs", 65536 + 52, [.. "ReIsEr2Fs"u8]),
        ("reiser4", 65536, [.. "ReIsEr4"u8]),
        ("ufs", 8192 + 0x55C, [0x54, 0x19, 0x01, 0x00]),
        ("ufs", 65536 + 0x55C, [0x19, 0x01, 0x54, 0x19]),
        ("ufs", 65536 + 0x55C, [0x19, 0x54, 0x01, 0x19]),
        ("VMFS", 0x200000, [0x5E, 0xF1, 0xAB, 0x2F]),
        ("VMFS_volume_member", 0x100000, [0x0D, 0xD0, 0x01, 0xC0]),
        ("minix", 1024, [0x60, 0, 0x00, 1, 1, 0, 1, 0, 8, 0, 0, 0, 0, 0x1C, 0x08, 0x10, 0x7F, 0x13, 1, 0]),
        ("minix", 1024, [.. new byte[24], 0x5A, 0x4D]),
        ("swap", 4086, [.. "SWAPSPACE2"u8]),
        ("swap", 65526, [.. "SWAPSPACE2"u8]),
        ("zfs_member", 16384, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x24, 0, 0, 0, 0x20, 0, 0, 0, 7, .. "version"u8]),
        ("zfs_member", 131072 + (5 * 1024), [0x0C, 0xB1, 0xBA, 0, 0, 0, 0, 0]),
        ("amiga-rdb", 512, [.. "RDSK"u8]),
        ("affs", 0, [.. "DOS"u8, 1]),
        ("ewf2", 0, [.. "EVF2"u8, 0x0D, 0x0A, 0x81, 0x00]),
        ("ewf-files", 0, [.. "LVF"u8, 0x09, 0x0D, 0x0A, 0xFF, 0x00]),
        ("aff", 0, [.. "AFF10\r\n"u8, 0]),
        ("aff4", 0, [.. Padded("PK\u0003\u0004", 30), .. "container.description"u8]),
        ("qed", 0, [.. "QED"u8, 0]),
        ("parallels", 0, [.. "WithoutFreeSpace"u8]),
        ("parallels", 0, [.. "WithouFreSpacExt"u8]),
        ("android-super-empty", 0, [.. "gDla"u8]),
        ("android-cow", 0, [.. "!!WOcwoC"u8]),
        ("android-boot", 0, [.. "ANDROID!"u8]),
        ("chd", 0, [.. "MComprHD"u8]),
        ("cso", 0, [.. "CISO"u8, 0]),
        ("isz", 0, [.. "IsZ!"u8]),
        ("daa", 0, [.. "DAA"u8, 0]),
        ("ecm", 0, [.. "ECM"u8, 0]),
        ("cdi", Length - 8, [6, 0, 0, 0x80, 0, 2, 0, 0]),
        ("gzip", 0, [0x1F, 0x8B, 8, 0]),
        ("xz", 0, [0xFD, .. "7zXZ"u8, 0]),
        ("zstd", 0, [0x28, 0xB5, 0x2F, 0xFD]),
        ("bzip2", 0, [.. "BZh91AY&SY"u8]),
        ("lz4", 0, [0x04, 0x22, 0x4D, 0x18]),
        ("zip", 0, [.. "PK"u8, 3, 4]),
        ("7z", 0, [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C]),
        ("rar", 0, [.. "Rar!"u8, 0x1A, 7, 0]),
        ("zeros", 0, []),
    ];

    private static readonly (string Type, string Text)[] s_texts =
    [
        ("git-lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"),
        ("html", "<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n"),
        ("html", "\uFEFF\r\n  <HTML lang=\"en\">"),
        ("text", "Not Found\n"),
        ("text", "{\"error\": \"näher bezeichnet\"}\n"),
    ];

    [Test]
    public void A_mark_in_its_place_is_recognised([ValueSource(nameof(s_marks))] (string Type, long Address, byte[] Mark) of)
    {
        byte[] bytes = new byte[Length];
        of.Mark.CopyTo(bytes, of.Address);
        Assert.That(Types(bytes), Is.EqualTo((string[])[of.Type]));
    }

    [Test]
    public void A_mark_that_is_cut_off_is_none([ValueSource(nameof(s_marks))] (string Type, long Address, byte[] Mark) of)
    {
        if (of.Mark.Length > 0 && of.Address < Length / 2)
        {
            byte[] bytes = new byte[of.Address + 1];
            bytes.AsSpan().Fill(1);
            bytes[^1] = of.Mark[0];
            Assert.That(Types(bytes), Has.No.Member(of.Type));
        }
    }

    [Test]
    public void What_is_no_image_is_named([ValueSource(nameof(s_texts))] (string Type, string Text) of) =>
        Assert.That(Types(Encoding.UTF8.GetBytes(of.Text)), Is.EqualTo((string[])[of.Type]));

    [Test]
    public void Bytes_at_random_are_nothing()
    {
        byte[] bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        Assert.That(Types(bytes), Is.Empty);
    }

    [Test]
    public void Marks_at_the_end_count_from_the_end_of_odd_lengths()
    {
        // Whole sectors count: the last but one, and the last.
        byte[] bytes = new byte[Length + 100];
        "Intel Raid ISM Cfg Sig. "u8.CopyTo(bytes.AsSpan(Length - 1024));
        Assert.That(Types(bytes), Is.EqualTo((string[])["isw_raid_member"]));
        bytes.AsSpan().Clear();
        ((byte[])[0xDE, 0x11, 0xDE, 0x11]).CopyTo(bytes, Length - 512);
        Assert.That(Types(bytes), Is.EqualTo((string[])["ddf_raid_member"]));
    }

    [Test]
    public void Each_block_is_read_once()
    {
        // And of what might be zeros only the blocks before one that is none.
        byte[] bytes = new byte[Length];
        bytes[8000] = 1;
        var source = new CountingSource(bytes);
        ForeignFormats.Recognise(ProbeWindow.Over(source));
        Assert.That(source.Reads, Is.LessThan(60));
    }

    private static IEnumerable<string> Types(byte[] bytes) => ForeignFormats.Recognise(ProbeWindow.Over(new MemorySource(bytes))).Select(foreign => foreign.Name);

    private static byte[] Padded(string text, int length)
    {
        byte[] bytes = new byte[length];
        Encoding.ASCII.GetBytes(text, bytes);
        return bytes;
    }
}
