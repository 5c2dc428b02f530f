using System.Diagnostics;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>Damages an image that has everything in it at random places: whatever happens is an error of a known kind, and soon.</summary>
internal sealed class MutationTests
{
    private const int Rounds = 1000;
    private const int FirstData = 42;
    private const int EndOfData = 48;
    private static readonly string[] s_options = ["", "norock", "norock,nojoliet,map=acorn", "session=0"];

    [TestCase(1)]
    [TestCase(2)]
    public void Flipped_bytes_are_errors_of_a_known_kind(int seed)
    {
        var random = new Random(seed);
        byte[] sound = MakeImage();
        var tally = new MutantTally();
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] image = [.. sound];
            for (int flips = random.Next(1, 12); flips > 0; flips--)
            {
                // Among the metadata, which begin at the descriptors.
                image[random.Next(16 * 2048, FirstData * 2048)] = (byte)random.Next(256);
            }

            tally.Next();
            Walk(image, s_options[round % s_options.Length], $"seed {seed}, round {round}", tally);
        }

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        tally.AssertShares(opened: 50, read: 50);
    }

    [Test]
    public void Truncated_images_are_errors_of_a_known_kind()
    {
        byte[] sound = MakeImage();
        var tally = new MutantTally();
        for (int length = 0; length < sound.Length; length += 97)
        {
            tally.Next();
            Walk(sound[..length], s_options[length % s_options.Length], $"{length} bytes", tally);
        }

        tally.AssertShares(opened: 20, read: 10);
    }

    private static byte[] MakeImage()
    {
        const uint JolietRoot = 36;
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary().AddJoliet(JolietRoot);
        byte[] boot = new byte[2048];
        "\0CD001\u0001EL TORITO SPECIFICATION"u8.CopyTo(boot);
        boot[71] = 41;
        image.AddDescriptor(boot);
        byte[] name = IsoBytes.Nm("-goes on");
        image.AddRockRidgeRoot(
            IsoBytes.Record(
                "A.;1", 42, 3000, use: [IsoBytes.Px(0x81A4, 2, 1, 2, 3), IsoBytes.Nm("Alpha", 1), IsoBytes.Ce(38, 9, (uint)name.Length)]),
            IsoBytes.Record("B.;1", 42, 2048, FileFlags.MultiExtent),
            IsoBytes.Record("B.;1", 43, 100),
            IsoBytes.Record("C.;1"u8.ToArray(), 42, 4000, unit: 1, gap: 1),
            IsoBytes.Record("D", 33, 2048, FileFlags.Directory, [IsoBytes.Px(0x41ED), IsoBytes.Nm("dir")]),
            IsoBytes.Record("L.;1", 0, 0, use: [IsoBytes.Px(0xA1FF), IsoBytes.Sl(0, 8, 0, 0, 1, (byte)'x', 4, 0)]),
            IsoBytes.Record("N.;1", 0, 0, use: [IsoBytes.Px(0x2180), IsoBytes.Pn(1, 3), IsoBytes.Entry("TF", [0x0F, .. new byte[28]])]),
            IsoBytes.Record("Z.;1", 39, 200, use: [IsoBytes.Px(0x81A4), IsoBytes.Zf(15, 100)]));
        image.AddDirectory(33, 32, [IsoBytes.Px(0x41ED)], IsoBytes.Record("M", 34, 2048, use: [IsoBytes.Nm("moved"), IsoBytes.Cl(34)]));
        image.AddDirectory(34, 35, [IsoBytes.Px(0x41ED)], [IsoBytes.Pl(33)], [IsoBytes.Record("X.;1", 42, 1)]);
        image.AddDirectory(JolietRoot, JolietRoot, null, IsoBytes.Record(IsoBytes.Ucs2("Joliet name"), 42, 10));
        image.WriteAt((38 * 2048) + 9, name);
        image.Write(39, [0x37, 0xE4, 0x53, 0x96, 0xC9, 0xDB, 0xD6, 0x07, 100, 0, 0, 0, 4, 15, 0, 0, 24, 0, 0, 0, 100, 0, 0, 0, 0x78, 1]);
        image.Write(41, [1, 0, 0, 0, .. new byte[24], 0xAA, 0x55, 0x55, 0xAA, 0x88]);
        image.Write(EndOfData - 1, [1]);
        return image.BuildBytes();
    }

    private static void Walk(byte[] image, string options, string what, MutantTally tally)
    {
        try
        {
            var source = new MemorySource(image);
            new Iso9660Format().Probe(source);
            FileSystem fs = Iso9660Fixture.Open(source, options);
            tally.NoteOpened();
            fs.Describe();
            _ = fs.Statistics;
            int budget = 300;
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
                fs.TryLookup(directory, System.Text.Encoding.UTF8.GetBytes(entry.Name), out _);
                NodeAttributes attributes = fs.GetAttributes(entry.Node);
                switch (attributes.Type)
                {
                    case NodeType.Directory:
                        Walk(fs, entry.Node, tally, ref budget);
                        break;
                    case NodeType.SymbolicLink:
                        fs.ReadLink(entry.Node);
                        break;
                    case NodeType.Regular:
                        BlockSource file = fs.OpenFile(entry.Node);
                        Assert.That(file.Length, Is.EqualTo(attributes.Size));
                        file.ReadAt(0, new byte[Math.Min(file.Length, 65536)]);
                        tally.NoteRead();
                        break;
                }
            }
            catch (ImageException)
            {
            }
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
        catch (ImageException)
        {
        }

        return entries;
    }
}
