using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Dmg;

/// <summary>Images that are made here, as hdiutil makes them, against qemu's reading of them.</summary>
public sealed class DmgTests : QemuDisks
{
    private const uint Zero = 0;
    private const uint Raw = 1;
    private const uint Ignore = 2;
    private const uint Adc = 0x80000004;
    private const uint Zlib = 0x80000005;
    private const uint Bzip2 = 0x80000006;
    private const uint Lzfse = 0x80000007;
    private const uint Xz = 0x80000008;
    private const int Chunk = 64 * 1024;

    // What the last image has.
    private readonly List<(uint Type, long Offset, long Length, long Address, int Stored)> _entries = [];

    [TestCase(Zlib)]
    [TestCase(Raw)]
    public void A_disk_is_read_as_qemu_reads_it(uint type)
    {
        byte[] source = Folder.WriteSource(4 << 20, 8);
        Write("disk.dmg", Build(source, type));
        DiskAssert.Holds(Folder.Open("disk.dmg"), source);
        Assert.That(Folder.Convert("disk.dmg", "-f", "dmg"), Is.EqualTo(source));
    }

    // Of these, qemu reads the first where it has a module for it, and the other not at all.
    [TestCase(Bzip2, "bzip2")]
    [TestCase(Xz, "xz")]
    public void A_disk_that_bzip2_or_xz_compressed_is_read(uint type, string name)
    {
        byte[] source = Folder.WriteSource(4 << 20, 8);
        BlockSource disk = Folder.Open(Build(source, type));
        DiskAssert.Holds(disk, source);
        Assert.That(((Container)disk).Describe().Find("kinds"), Is.EqualTo($"zero raw ignore {name}"));
    }

    // The table is the one that the image was built with.
    [TestCase(Zlib, "zlib")]
    [TestCase(Bzip2, "bzip2")]
    [TestCase(Xz, "xz")]
    public void Chunks_are_where_the_table_says(uint type, string codec)
    {
        byte[] source = Folder.WriteSource(2 << 20, 8);
        BlockSource disk = Folder.Open(Build(source, type));
        var encoded = new List<(long, long, long, int, string)>();
        for (long offset = 0; offset < disk.Length;)
        {
            Extent extent = disk.Map(offset, long.MaxValue, out _);
            if (extent.Kind == ExtentKind.Encoded)
            {
                encoded.Add((offset, extent.Length, extent.Address, extent.StoredLength, disk.FindEncoded(offset).Codec.Name));
            }

            offset += extent.Length;
        }

        Assert.That(encoded, Is.Not.Empty);
        Assert.That(encoded, Is.EqualTo(_entries.Where(entry => entry.Type == type).Select(entry => (entry.Offset, entry.Length, entry.Address, entry.Stored, codec))));
    }

    [TestCase(Adc, "ADC")]
    [TestCase(Lzfse, "LZFSE")]
    [TestCase(0x80000009u, "0x80000009")]
    public void Other_compression_is_refused_by_name(uint type, string name)
    {
        byte[] source = Folder.WriteSource(1 << 20, 8);
        Assert.That(() => Folder.Open(Build(source, type)), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(name));
    }

    [Test]
    public void An_encrypted_image_is_refused_by_name() =>
        Assert.That(() => Folder.Open([.. "encrcdsa"u8, .. new byte[1000]]), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("encryption"));

    [Test]
    public void A_damaged_chunk_is_an_error_of_its_own()
    {
        byte[] source = Folder.WriteSource(4 << 20, 8);
        byte[] image = Build(source, Zlib);
        image[20] ^= 0xFF;
        BlockSource disk = Folder.Open(image);
        byte[] bytes = new byte[Chunk];
        Assert.That(() => disk.ReadAt(0, bytes), Throws.TypeOf<InvalidImageException>());
        disk.ReadAt(Chunk, bytes);
        Assert.That(bytes, Is.EqualTo(source[Chunk..(2 * Chunk)]));
    }

    [TestCase(216, -1L, "property list")]
    [TestCase(24, -1L, "trailer")]
    [TestCase(492, -1L, "trailer")]
    public void A_trailer_that_cannot_be_is_refused(int offset, long value, string message)
    {
        byte[] image = Build(Folder.WriteSource(1 << 20, 8), Zlib);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(image.Length - 512 + offset), value);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [Test]
    public void A_property_list_without_tables_is_refused()
    {
        byte[] image = Build(Folder.WriteSource(1 << 20, 8), Zlib);
        "wrong"u8.CopyTo(image.AsSpan(image.AsSpan().IndexOf("blkx"u8)));
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Property("Structure").EqualTo("dmg property list"));
    }

    [TestCase(Zlib, 61)]
    [TestCase(Bzip2, 62)]
    [TestCase(Xz, 63)]
    public void A_changed_image_gives_errors_of_the_image_only(uint type, int seed) =>
        DiskMutations.Check(Build(Folder.WriteSource(1 << 20, 8), type), seed);

    // Two tables, each of its half. Chunks of zeros are of either kind, and of the others every seventh is raw.
    private byte[] Build(byte[] disk, uint type)
    {
        _entries.Clear();
        var data = new MemoryStream();
        int half = disk.Length / 2 / Chunk * Chunk;
        string first = Table(disk, 0, half, type, data);
        string second = Table(disk, half, disk.Length, type, data);
        string xml = $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0"><dict><key>resource-fork</key><dict>
            <key>blkx</key><array>
            <dict><key>Attributes</key><string>0x0050</string><key>Data</key>
            <data>
            {first}
            </data><key>ID</key><string>0</string></dict>
            <dict><key>Data</key><data>{second}</data></dict>
            </array>
            <key>plst</key><array><dict><key>Data</key><data>AAAA</data></dict></array>
            </dict></dict></plist>
            """;
        byte[] list = Encoding.UTF8.GetBytes(xml);
        byte[] trailer = new byte[512];
        "koly"u8.CopyTo(trailer);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(4), 4);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(8), 512);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(32), data.Length);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(56), 1);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(60), 1);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(216), data.Length);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(224), list.Length);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(492), disk.Length / 512);
        return [.. data.ToArray(), .. list, .. trailer];
    }

    private string Table(byte[] disk, int start, int end, uint type, MemoryStream data)
    {
        var entries = new List<byte[]>();
        for (int offset = start; offset < end; offset += Chunk)
        {
            byte[] bytes = disk[offset..Math.Min(offset + Chunk, end)];
            int number = offset / Chunk;
            uint own = bytes.AsSpan().ContainsAnyExcept((byte)0) ? (number % 7 == 6 ? Raw : type) : number % 2 == 0 ? Zero : Ignore;
            byte[] stored = own is Zero or Ignore ? [] : Compress(own, bytes);
            entries.Add(Entry(own, (offset - start) / 512, bytes.Length / 512, data.Length, stored.Length));
            _entries.Add((own, offset, bytes.Length, data.Length, stored.Length));
            data.Write(stored);
        }

        entries.Add(Entry(0x7FFFFFFE, (end - start) / 512, 0, 0, 0));
        entries.Add(Entry(0xFFFFFFFF, (end - start) / 512, 0, data.Length, 0));
        byte[] table = new byte[204];
        "mish"u8.CopyTo(table);
        BinaryPrimitives.WriteInt32BigEndian(table.AsSpan(4), 1);
        BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(8), start / 512);
        BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(16), (end - start) / 512);
        BinaryPrimitives.WriteInt32BigEndian(table.AsSpan(200), entries.Count);
        return Convert.ToBase64String([.. table, .. entries.SelectMany(entry => entry)], Base64FormattingOptions.InsertLineBreaks);
    }

    private static byte[] Entry(uint type, long sector, long sectors, long offset, long length)
    {
        byte[] entry = new byte[40];
        BinaryPrimitives.WriteUInt32BigEndian(entry, type);
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(8), sector);
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(16), sectors);
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(24), offset);
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(32), length);
        return entry;
    }

    private byte[] Compress(uint type, byte[] bytes)
    {
        switch (type)
        {
            case Zlib:
                using (var stored = new MemoryStream())
                {
                    using (var stream = new ZLibStream(stored, CompressionLevel.Optimal))
                    {
                        stream.Write(bytes);
                    }

                    return stored.ToArray();
                }

            case Bzip2:
                return Filter("bzip2", bytes);
            case Xz:
                return Filter("xz", bytes);
            default:
                return bytes;
        }
    }

    private byte[] Filter(string program, byte[] bytes)
    {
        Write("chunk", bytes);
        using Process process = Process.Start(new ProcessStartInfo(program, ["-9", "-c", Folder["chunk"]]) { RedirectStandardOutput = true })!;
        using var stored = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(stored);
        process.WaitForExit();
        return stored.ToArray();
    }
}
