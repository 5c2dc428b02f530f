using System.Diagnostics;
using System.Text;
using ImageFs.FileSystems.Checksums;
using ImageFs.FileSystems.Udf;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Damages an image that has everything in it at random places: whatever happens is an error of a known kind, and soon.</summary>
internal sealed class MutationTests
{
    private const int Rounds = 500;

    // Descriptors whose tags are made right again: else nearly every change ends at a CRC.
    private static readonly uint[] s_metadata = [UdfImage.FileSet, UdfImage.Root, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];

    [Test]
    public void Changed_bytes_are_errors_of_a_known_kind([Values] PartitionKind kind, [Values(1, 2)] int seed)
    {
        var random = new Random(seed);
        byte[] sound = new UdfImage(kind).AddAll().Bytes;
        var tally = new MutantTally();
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            var image = new UdfImage(kind);
            sound.CopyTo(image.Bytes, 0);
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                Change(image, random);
            }

            tally.Next();
            Walk(image.Build(), $"seed {seed}, round {round}", tally);
        }

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
        tally.AssertShares(opened: 50, read: 50);
    }

    private static void Change(UdfImage image, Random random)
    {
        uint[] volume = [UdfImage.Anchor, UdfImage.MainSequence, UdfImage.MainSequence + 1, UdfImage.MainSequence + 2, UdfImage.IntegritySequence, UdfImage.FirstSparingTable, UdfImage.Partition + UdfImage.MetadataFile, UdfImage.Blocks - 1];
        int choice = random.Next(volume.Length + s_metadata.Length);
        uint block = choice < volume.Length ? volume[choice] : image.Place(s_metadata[choice - volume.Length]);
        Span<byte> bytes = image.Bytes.AsSpan((int)block * image.BlockSize, image.BlockSize);
        byte[] values = [0, 1, 0x7F, 0x80, 0xFF, (byte)random.Next(256)];
        int used = Math.Min(DescriptorTag.Length + new DescriptorTag(bytes).CrcLength, bytes.Length);
        for (int count = random.Next(1, 5); count > 0; count--)
        {
            bytes[random.Next(DescriptorTag.Length, Math.Max(used, DescriptorTag.Length + 1))] = values[random.Next(values.Length)];
        }

        if (random.Next(4) > 0)
        {
            byte[] tag = bytes[..DescriptorTag.Length].ToArray();
            UdfBytes.U16(Crc16Xmodem.Compute(bytes[DescriptorTag.Length..used])).CopyTo(tag, 8);
            UdfBytes.SealTag(tag).CopyTo(bytes);
        }
    }

    private static void Walk(BlockSource source, string what, MutantTally tally)
    {
        try
        {
            new UdfFormat().Probe(source);
            FileSystem fs = UdfImage.Open(source);
            tally.NoteOpened();
            fs.Describe();
            _ = fs.Statistics;
            int budget = 100;
            Walk(fs, fs.Root, tally, ref budget);
        }
        catch (ImageException)
        {
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}");
        }
    }

    private static void Walk(FileSystem fs, NodeId directory, MutantTally tally, ref int budget)
    {
        foreach (Iso9660Fixture.ListedEntry entry in List(fs, directory))
        {
            // A damaged directory may contain itself.
            if (entry.Name is "." or ".." || --budget < 0)
            {
                continue;
            }

            try
            {
                fs.TryLookup(directory, Encoding.UTF8.GetBytes(entry.Name), out _);
                NodeAttributes attributes = fs.GetAttributes(entry.Node);
                TryReadStreams(fs, entry.Node);
                switch (attributes.Type)
                {
                    case NodeType.Directory:
                        Walk(fs, entry.Node, tally, ref budget);
                        break;
                    case NodeType.SymbolicLink:
                        Assert.That(fs.ReadLink(entry.Node), Has.Length.EqualTo(attributes.Size));
                        break;
                    case NodeType.Regular:
                        BlockSource file = fs.OpenFile(entry.Node);
                        Assert.That(file.Length, Is.EqualTo(attributes.Size));
                        file.ReadAt(0, new byte[Math.Min(file.Length, 65536)]);
                        tally.NoteRead();
                        break;
                }
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
            }
        }
    }

    // What is wrong with streams is no reason not to read the file.
    private static void TryReadStreams(FileSystem fs, NodeId node)
    {
        try
        {
            foreach (byte[] name in fs.ListExtendedAttributes(node))
            {
                Assert.That(fs.GetExtendedAttribute(node, name), Is.Not.Null);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
        }
    }

    /// <summary>All entries that a program sees that reads on until the end or an error.</summary>
    private static List<Iso9660Fixture.ListedEntry> List(FileSystem fs, NodeId directory)
    {
        var entries = new List<Iso9660Fixture.ListedEntry>();
        try
        {
            List<Iso9660Fixture.ListedEntry> part = fs.List(directory);
            while (part.Count > 0)
            {
                entries.AddRange(part);
                part = fs.List(directory, part[^1].NextPosition);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
        }

        return entries;
    }
}
