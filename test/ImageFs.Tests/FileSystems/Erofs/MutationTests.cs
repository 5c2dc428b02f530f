using System.Diagnostics;
using ImageFs.FileSystems.Erofs;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Erofs;

/// <summary>Bytes of metadata changed at random: every answer is an answer or an error of the image, and comes soon.</summary>
internal sealed class MutationTests
{
    private const int Rounds = 30;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [TestCase("plain", 1)]
    [TestCase("chunks", 2)]
    [TestCase("full", 3)]
    [TestCase("compact", 4)]
    [TestCase("dedupe", 5)]
    [TestCase("lzma", 6)]
    [TestCase("deflate", 7)]
    [TestCase("zstd", 8)]
    [TestCase("metabox", 9)]
    [TestCase("48bit", 10)]
    public void A_changed_image_gives_errors_of_the_image_only(string name, int seed)
    {
        var image = new ErofsImage(name);
        byte[] sound = image.Bytes;
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            image.Bytes = [.. sound];
            for (int i = random.Next(1, 40); i > 0; i--)
            {
                // Inodes and their indexes are in words of four bytes; the super block is hit in one of eight.
                int at = random.Next(8) == 0 && i == 1 ? ErofsImage.SuperBlock + 8 + random.Next(136) : 1200 + random.Next(image.Bytes.Length - 1200);
                int length = random.Next(1, 5);
                for (int j = 0; j < length && at + j < image.Bytes.Length; j++)
                {
                    ref byte value = ref image.Bytes[at + j];
                    value = random.Next(4) switch { 0 => 0, 1 => 0xFF, 2 => (byte)(value ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
                }
            }

            tally.Next();
            var since = Stopwatch.StartNew();
            MutantWalk.Try(() =>
            {
                FileSystem fileSystem = image.Open();
                tally.NoteOpened();
                MutantWalk.Run(fileSystem, tally);
                foreach (Check check in fileSystem.Checks.Structures)
                {
                    check.Run!(new CheckRun(static _ => { }, static _ => { }));
                }
            });
            MutantWalk.Try(() => new ErofsFormat().Identify(new MemorySource(image.Bytes)));
            Assert.That(since.Elapsed, Is.LessThan(s_limit), $"seed {seed}, round {round}");
        }

        tally.AssertShares(opened: 60, read: 50);
    }

    [Test]
    public void An_image_cut_short_anywhere_is_an_error_or_tells_of_it()
    {
        var image = new ErofsImage("dedupe");
        byte[] whole = image.Bytes;
        for (int length = 0; length < whole.Length; length += (length / 16) + 113)
        {
            image.Bytes = whole[..length];
            MutantWalk.Try(() => MutantWalk.Run(image.Open(), new MutantTally(), depth: 1, mostNames: 10));
        }
    }
}
