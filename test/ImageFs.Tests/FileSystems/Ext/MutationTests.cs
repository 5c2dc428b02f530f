using System.Diagnostics;
using ImageFs.FileSystems.Ext;
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

        MutantWalk.Try(() =>
        {
            FileSystem fileSystem = ExtImages.Open(image);
            tally.NoteOpened();
            MutantWalk.Run(fileSystem, tally);
        });
    }
}
