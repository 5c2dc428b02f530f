using System.Diagnostics;
using ImageFs.FileSystems.Ext;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Bytes of whole images changed at random: every answer is an answer or an error of the image, and comes soon.</summary>
public sealed class MutationTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private const int Rounds = 40;

    [TestCase("ext2", 1)]
    [TestCase("hash-tea", 2)]
    [TestCase("meta_bg", 3)]
    [TestCase("journal-plain", 4)]
    [TestCase("inline", 5)]
    [TestCase("ext4", 6)]
    [TestCase("ea_inode", 7)]
    [TestCase("bigalloc", 8)]
    public void A_changed_image_gives_errors_of_the_image_only(string name, int seed)
    {
        byte[] sound = WithoutChecksums(ExtImages.Read(name));
        var random = new Random(seed);
        int[] used = [.. Enumerable.Range(0, sound.Length / 512).Where(sector => sound.AsSpan(sector * 512, 512).ContainsAnyExcept((byte)0))];
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] image = [.. sound];
            for (int i = random.Next(1, 40); i > 0; i--)
            {
                // Mostly among the metadata at the beginning.
                int sector = used[random.Next(random.Next(3) == 0 ? used.Length : Math.Min(used.Length, 150))];
                image[(sector * 512) + random.Next(512)] = (byte)random.Next(256);
            }

            var clock = Stopwatch.StartNew();
            tally.Next();
            Assert.That(() => Use(image, tally), Throws.Nothing, $"round {round}");
            Assert.That(clock.Elapsed, Is.LessThan(s_limit), $"round {round}");
        }

        tally.AssertShares(opened: 50, read: 50);
    }

    /// <summary>The image without the feature: a change is to get further than the checksum.</summary>
    private static byte[] WithoutChecksums(byte[] image)
    {
        image[SuperBlock.Address + 0x65] &= unchecked((byte)~((uint)ReadOnlyCompatibleFeatures.MetadataCsum >> 8));
        image.AsSpan(SuperBlock.Address + 0x3FC, 4).Clear();
        return image;
    }

    private static void Use(byte[] image, MutantTally tally)
    {
        if (!new ExtFormat().Probe(new MemorySource(image)))
        {
            return;
        }

        Try(() =>
        {
            FileSystem fileSystem = ExtImages.Open(image);
            tally.NoteOpened();
            Try(() => _ = fileSystem.Statistics);
            _ = fileSystem.Describe();
            Visit(fileSystem, fileSystem.Root, tally, 3);
        });
    }

    private static void Visit(FileSystem fileSystem, NodeId node, MutantTally tally, int depth)
    {
        Try(() => fileSystem.GetAttributes(node));
        Try(() => fileSystem.ReadLink(node));
        Try(() => ReadSome(fileSystem.OpenFile(node), tally));
        Try(() =>
        {
            foreach (byte[] name in fileSystem.ListExtendedAttributes(node))
            {
                Try(() => fileSystem.GetExtendedAttribute(node, name));
            }
        });
        var sink = new FirstSink();
        Try(() => fileSystem.ReadDirectory(node, 0, sink));
        foreach ((byte[] name, NodeId child) in sink.Entries)
        {
            Try(() => fileSystem.TryLookup(node, name, out _));
            if (depth > 0 && name[0] != '.')
            {
                Visit(fileSystem, child, tally, depth - 1);
            }
        }
    }

    private static void ReadSome(BlockSource file, MutantTally tally)
    {
        byte[] buffer = new byte[4096];
        for (int i = 0; i < 20 && file.Length > 0; i++)
        {
            long offset = file.Length / 20 * i;
            Try(() =>
            {
                file.ReadAt(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - offset)));
                tally.NoteRead();
            });
        }
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
        }
    }

    private sealed class FirstSink : IDirectorySink
    {
        public List<(byte[] Name, NodeId Node)> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Entries.Add((entry.Name.ToArray(), entry.Node));
            return Entries.Count < 40;
        }
    }
}
