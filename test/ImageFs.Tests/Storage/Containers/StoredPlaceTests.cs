using System.Buffers.Binary;
using System.Text.Json;
using ImageFs.Checking;
using ImageFs.Layers;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>Where compressed blocks are stored: as the format's own tables say, which are read here once more.</summary>
public sealed class StoredPlaceTests : QemuDisks
{
    private const int SectorSize = 512;

    [TestCase("compression_type=zlib", "deflate")]
    [TestCase("compression_type=zlib,cluster_size=4k", "deflate")]
    [TestCase("compression_type=zstd", "zstd")]
    [TestCase("compression_type=zstd,cluster_size=2M", "zstd")]
    public void Clusters_of_qcow2_are_where_the_tables_say(string options, string codec)
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-c", "-O", "qcow2", "-o", options, DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        BlockSource disk = Folder.Open("disk");
        (long, long, long, int, string?)[] expected = [.. Qcow2Clusters(image, disk.Length, codec)];
        Assert.That(expected.Count(cluster => cluster.Item5 is not null), Is.GreaterThan(1));
        Assert.That(RowsOf(disk), Is.EqualTo(expected));
    }

    [Test]
    public void Grains_of_vmdk_are_where_the_tables_say()
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-O", "vmdk", "-o", "subformat=streamOptimized", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        BlockSource disk = Folder.Open("disk");
        disk.Map(0, 1, out BlockSource extent);
        (long, long, long, int, string?)[] expected = [.. VmdkGrains(image, disk.Length)];
        Assert.That(expected.Count(grain => grain.Item5 is not null), Is.GreaterThan(10));
        Assert.That(RowsOf(extent), Is.EqualTo(expected));
    }

    [TestCase("qcow2", "compression_type=zstd")]
    [TestCase("vmdk", "subformat=streamOptimized")]
    public void Extents_tell_them_at_every_layer(string format, string options)
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-c", "-O", format, "-o", options, DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        BlockSource disk = Folder.Open("disk");
        using var output = new MemoryStream();

        // A volume in two pieces, each of which cuts a block.
        var map = new ExtentMapBuilder();
        map.AppendMapped(100_000, 1000).AppendMapped(Length - 200_000, 101_000);
        ExtentJson.Write(output, "volume", new MappedSource(disk, map.Build()));
        using var json = JsonDocument.Parse(output.ToArray());
        JsonElement[] layers = [.. json.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.That(layers, Has.Length.EqualTo(format == "qcow2" ? 2 : 3));
        Assert.That(layers[0].GetArrayLength(), Is.EqualTo(1), "it goes on in the disk");
        JsonElement[] rows = [.. layers[^1].EnumerateArray()];
        (long Offset, long Length, long Address, int Stored, string? Codec)[] blocks =
            [.. format == "qcow2" ? Qcow2Clusters(image, disk.Length, "zstd") : VmdkGrains(image, disk.Length)];
        long at = 0;
        foreach (JsonElement row in rows)
        {
            long offset = row.GetProperty("offset").GetInt64();
            Assert.That(offset, Is.EqualTo(at));
            at += row.GetProperty("length").GetInt64();
            if (row.GetProperty("kind").GetString() == "encoded")
            {
                var block = blocks.Last(block => block.Offset <= offset + 1000);
                Assert.That(row.GetProperty("address").GetInt64(), Is.EqualTo(block.Address));
                Assert.That(row.GetProperty("stored").GetInt64(), Is.EqualTo(block.Stored));
                Assert.That(row.GetProperty("codec").GetString(), Is.EqualTo(block.Codec));
                Assert.That(row.GetProperty("in").GetString(), Is.EqualTo(Folder["disk"]));
            }
        }

        Assert.That(at, Is.EqualTo(Length - 100_000));
        Assert.That(rows.Count(row => row.GetProperty("kind").GetString() == "encoded"), Is.GreaterThan(10));
    }

    [TestCase("qcow2", "compression_type=zlib")]
    [TestCase("qcow2", "compression_type=zstd,cluster_size=4k")]
    [TestCase("qcow2", "cluster_size=64k")]
    [TestCase("vmdk", "subformat=streamOptimized")]
    [TestCase("vmdk", "subformat=monolithicSparse")]
    [TestCase("vpc", "subformat=dynamic")]
    [TestCase("vhdx", "subformat=dynamic")]
    [TestCase("vdi", "static=off")]
    public void A_sound_disk_has_no_block_twice(string format, string options)
    {
        Folder.WriteSource(Length);
        string[] flags = options.StartsWith("compression", StringComparison.Ordinal) || options.Contains("stream", StringComparison.Ordinal) ? ["-c"] : [];
        Folder.Image(["convert", .. flags, "-O", format, "-o", options, DiskFolder.Source, "disk"]);
        Assert.That(Check(Folder.Open("disk")), Is.Empty);
    }

    [Test]
    public void A_compressed_cluster_of_a_parent_that_is_cut_is_not_there_twice()
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-c", "-O", "qcow2", "-o", "cluster_size=2M", DiskFolder.Source, "parent");
        Folder.Image("create", "-f", "qcow2", "-F", "qcow2", "-b", "parent", "-o", "cluster_size=4k", "disk");
        Folder.Io("disk", "qcow2", [.. RandomCommands(30, 5)]);
        Assert.That(Check(Folder.Open("disk")), Is.Empty);
    }

    // The second cluster's entry is that of the first; or points into the middle of it.
    [TestCase("compression_type=zlib", 0)]
    [TestCase("compression_type=zlib", 3)]
    [TestCase("compression_type=zstd", 100)]
    public void Compressed_clusters_that_overlap_are_found(string options, int distance)
    {
        byte[] bytes = new byte[4 << 20];
        new Random(1).NextBytes(bytes);
        for (int i = 0; i < bytes.Length; i += 2)
        {
            bytes[i] = 7;
        }

        File.WriteAllBytes(Folder[DiskFolder.Source], bytes);
        Folder.Image("convert", "-c", "-O", "qcow2", "-o", options, DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        long table = Big64(image, Big64(image, 40)) & 0x00FF_FFFF_FFFF_FE00;
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan((int)table + 8), (ulong)Big64(image, table) + (ulong)distance);
        List<Finding> findings = Check(Folder.Open(image));
        Assert.That(findings.Select(finding => finding.Problem), Has.Exactly(1).Contains("both at 0x0 and at 0x10000 of the disk"));
        Assert.That(findings[0].Address, Is.EqualTo((Big64(image, table) & ((1L << 54) - 1)) + distance));
    }

    [Test]
    public void Grains_that_overlap_are_found()
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-O", "vmdk", "-o", "subformat=monolithicSparse", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        long table = Little32(image, Little64(image, 56) * SectorSize) * SectorSize;
        int[] used = [.. Enumerable.Range(0, 512).Where(i => Little32(image, table + (i * 4)) > 1).Take(2)];
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)table + (used[1] * 4)), (uint)Little32(image, table + (used[0] * 4)) + 1);
        Assert.That(Check(Folder.Open(image)).Select(finding => finding.Problem), Has.Some.Contains("of the disk"));
    }

    private static List<Finding> Check(BlockSource disk)
    {
        var findings = new List<Finding>();
        BlockCheck.Of((Container)disk).Run!(new CheckRun(findings.Add, static _ => { }));
        return findings;
    }

    // Of a decoded block its whole, of anything else a row for each entry of the tables.
    private static List<(long Offset, long Length, long Address, int Stored, string? Codec)> RowsOf(BlockSource disk)
    {
        var rows = new List<(long, long, long, int, string?)>();
        for (long offset = 0; offset < disk.Length;)
        {
            Extent extent = disk.Map(offset, long.MaxValue, out BlockSource below);
            bool isEncoded = extent.Kind == ExtentKind.Encoded;
            if (isEncoded)
            {
                EncodedBlock block = disk.FindEncoded(offset);
                Assert.That((block.Offset, block.Address, block.StoredLength), Is.EqualTo((offset, extent.Address, extent.StoredLength)));
                Assert.That(block.Source, Is.SameAs(below).And.InstanceOf<Device>());
            }

            if (isEncoded || rows.Count == 0 || rows[^1].Item5 is not null)
            {
                rows.Add((offset, extent.Length, isEncoded ? extent.Address : 0, extent.StoredLength, isEncoded ? disk.FindEncoded(offset).Codec.Name : null));
            }
            else
            {
                (long start, long length, _, _, _) = rows[^1];
                rows[^1] = (start, length + extent.Length, 0, 0, null);
            }

            offset += extent.Length;
        }

        return rows;
    }

    private static IEnumerable<(long Offset, long Length, long Address, int Stored, string? Codec)> Qcow2Clusters(byte[] image, long length, string codec)
    {
        int bits = BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(20));
        long l1 = Big64(image, 40);
        long cluster = 1L << bits;
        return Join(length, cluster, offset =>
        {
            long table = Big64(image, l1 + ((offset >> (bits + bits - 3)) * 8)) & 0x00FF_FFFF_FFFF_FE00;
            ulong entry = table == 0 ? 0 : unchecked((ulong)Big64(image, table + (((offset >> bits) & ((cluster / 8) - 1)) * 8)));
            if ((entry & (1UL << 62)) == 0)
            {
                return null;
            }

            // docs/interop/qcow2.txt: x = 62 - (cluster_bits - 8).
            int x = 62 - (bits - 8);
            long address = (long)(entry & ((1UL << x) - 1));
            long sectors = (long)((entry & ((1UL << 62) - 1)) >> x);
            long end = ((address / SectorSize) + sectors + 1) * SectorSize;
            return (address, (int)(Math.Min(end, image.Length) - address), codec);
        });
    }

    private static IEnumerable<(long Offset, long Length, long Address, int Stored, string? Codec)> VmdkGrains(byte[] image, long length)
    {
        long grain = Little64(image, 20) * SectorSize;
        long entries = Little32(image, 44);
        long directory = Little64(image, 56) * SectorSize;
        return Join(length, grain, offset =>
        {
            long table = Little32(image, directory + (offset / (grain * entries) * 4)) * SectorSize;
            long sector = table == 0 ? 0 : Little32(image, table + (offset / grain % entries * 4));
            if (sector <= 1)
            {
                return null;
            }

            Assert.That(Little64(image, sector * SectorSize), Is.EqualTo(offset / SectorSize), "the marker's sector");
            return ((sector * SectorSize) + 12, (int)Little32(image, (sector * SectorSize) + 8), "zlib");
        });
    }

    private static IEnumerable<(long Offset, long Length, long Address, int Stored, string? Codec)> Join(
        long length, long unit, Func<long, (long Address, int Stored, string Codec)?> find)
    {
        long hole = 0;
        for (long offset = 0; offset < length; offset += unit)
        {
            long end = Math.Min(offset + unit, length);
            if (find(offset) is not { } block)
            {
                hole += end - offset;
                continue;
            }

            if (hole > 0)
            {
                yield return (offset - hole, hole, 0, 0, null);
                hole = 0;
            }

            yield return (offset, end - offset, block.Address, block.Stored, block.Codec);
        }

        if (hole > 0)
        {
            yield return (length - hole, hole, 0, 0, null);
        }
    }

    private static long Big64(byte[] image, long offset) => BinaryPrimitives.ReadInt64BigEndian(image.AsSpan((int)offset));

    private static long Little64(byte[] image, long offset) => BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan((int)offset));

    private static long Little32(byte[] image, long offset) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan((int)offset));
}
