using System.Buffers.Binary;
using System.Diagnostics;
using ImageFs.Checking;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>Tables that name the same bytes again and again make a disk as long as they like of a small file: <c>verify</c> does not read it.</summary>
public sealed class AmplificationTests
{
    private const int ClusterBits = 16;
    private const int Cluster = 1 << ClusterBits;
    private const ulong Compressed = 1UL << 62;

    // One cluster after all tables, or after one; as it is, compressed, or as no cluster at all.
    [TestCase(1 << 16, 1, "named more than once")]
    [TestCase(1, 1, "more than once")]
    [TestCase(1, 64, null)]
    public void A_qcow2_is_read_as_far_as_it_has_bytes(int tables, int clusters, string? said)
    {
        byte[] image = Make(tables, entry => clusters == 1 || entry < clusters ? (ulong)(20 + (entry % clusters)) << ClusterBits : 0, clusters);
        AssertVerdict(image, said);
    }

    [Test]
    public void A_compressed_cluster_is_decoded_as_often_as_there_are_bytes_for()
    {
        const ulong SixteenSectors = 15UL << (62 - (ClusterBits - 8));
        ulong place = Compressed | SixteenSectors | (20UL << ClusterBits);
        AssertVerdict(Make(1, _ => place, 1, deflated: true), "more than once");
    }

    [Test]
    public void Tables_without_clusters_are_not_walked_again_and_again() => AssertVerdict(Make(1 << 16, _ => 0, 1), "named more than once");

    [Test]
    public void An_account_takes_each_byte_once()
    {
        var account = new ReadAccount();
        var source = new MemorySource(new byte[10000]);
        account.Add(source, 10000);
        Assert.That(account.Excess, Is.Null);
        account.AddEncoded(source, 0, 512, 4096);
        Assert.That(account.Excess, Does.Contain("more than once").And.Contains("10000"));
    }

    [Test]
    public void What_is_decoded_again_for_parts_of_a_piece_counts_once()
    {
        var account = new ReadAccount();
        var source = new MemorySource(new byte[10000]);
        for (int piece = 0; piece < 2; piece++)
        {
            account.BeginPiece();
            account.AddEncoded(source, 0, 4511, 65536);
            account.BeginRetry();
            for (int part = 0; part < 16; part++)
            {
                account.AddEncoded(source, 0, 4511, 65536);
            }

            Assert.That(account.Excess, Is.Null);
        }

        account.BeginPiece();
        account.AddEncoded(source, 0, 4511, 65536);
        Assert.That(account.Excess, Is.Not.Null, "of another piece");
    }

    private static void AssertVerdict(byte[] image, string? said)
    {
        var opened = new List<IDisposable>();
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, image);
            var context = new OpenContext();
            var disk = (Container)ContainerFormats.Open(HostFolder.OpenImage(path, BackingPolicy.Folder, opened), null, context);
            var findings = new List<Finding>();
            var time = Stopwatch.StartNew();
            ReadCheck.Of(disk, disk, context.Memory.Decoded).Run!(new CheckRun(findings.Add, static _ => { }));

            Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
            Assert.That(findings.Select(finding => finding.Problem), said is null ? Is.Empty : Has.Exactly(1).Contains(said));
        }
        finally
        {
            opened.ForEach(file => file.Dispose());
            File.Delete(path);
        }
    }

    // The header, the L1 table from 0x10000 on, one L2 table at cluster 10, and clusters from 20 on.
    private static byte[] Make(int tables, Func<int, ulong> entryOf, int clusters, bool deflated = false)
    {
        byte[] image = new byte[(20 + clusters) * Cluster];
        "QFI"u8.CopyTo(image);
        image[3] = 0xFB;
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(4), 2);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(20), ClusterBits);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(24), (ulong)tables * 8192 * Cluster);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(36), (uint)tables);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(40), Cluster);
        for (int i = 0; i < tables; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(Cluster + (i * 8)), 10 << ClusterBits);
        }

        for (int i = 0; i < 8192; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan((10 * Cluster) + (i * 8)), entryOf(i));
        }

        var data = image.AsSpan(20 * Cluster);
        if (deflated)
        {
            using var stream = new MemoryStream();
            using (var deflate = new System.IO.Compression.DeflateStream(stream, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
            {
                deflate.Write(new byte[Cluster]);
            }

            stream.ToArray().CopyTo(data);
        }
        else
        {
            new Random(3).NextBytes(data);
        }

        return image;
    }
}
