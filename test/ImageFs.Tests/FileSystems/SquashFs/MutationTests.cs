using System.Diagnostics;
using ImageFs.FileSystems.SquashFs;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.SquashFs;

/// <summary>Bytes changed at random: every answer is an answer or an error of the image, and comes soon.</summary>
internal sealed class MutationTests
{
    private const int Rounds = 150;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only([Values(1, 2, 3, 4)] int major, [Values] bool isPlain)
    {
        var image = new SquashImage(major, major == 3 ? 1 : 0, isPlain: isPlain);
        byte[] whole = [.. image.Bytes];
        var random = new Random(major);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            whole.CopyTo(image.Bytes, 0);
            for (int i = random.Next(1, 8); i > 0; i--)
            {
                // Tables are behind the data, and all hangs on the super block.
                int at = random.Next(16) == 0 ? random.Next(SuperBlock.MaxSize) : random.Next(whole.Length / 2, whole.Length);
                image.Bytes[at] = random.Next(4) switch { 0 => 0, 1 => 0xFF, 2 => (byte)(image.Bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
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
            Assert.That(since.Elapsed, Is.LessThan(s_limit), $"version {major}, round {round}");
        }

        tally.AssertShares(opened: 50, read: 40);
    }

    [TestCase("mksquashfs", 11)]
    [TestCase("mksquashfs", 12)]
    public void So_does_one_of_a_writer(string writer, int seed)
    {
        byte[] whole = DiskImage.Read("invalid/squashfs-good.img");
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = [.. whole];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                int at = random.Next(4) == 0 ? random.Next(SuperBlock.Size4) : random.Next(bytes.Length * 3 / 4, bytes.Length - 900);
                bytes[at] = unchecked((byte)(random.Next(3) == 0 ? 0xFF : bytes[at] ^ (1 << random.Next(8))));
            }

            tally.Next();
            var since = Stopwatch.StartNew();
            MutantWalk.Try(() =>
            {
                FileSystem fileSystem = new SquashFsFormat().Open(new MemorySource(bytes), new OpenContext());
                tally.NoteOpened();
                MutantWalk.Run(fileSystem, tally);
            });
            Assert.That(since.Elapsed, Is.LessThan(s_limit), $"{writer}, seed {seed}, round {round}");
        }

        tally.AssertShares(opened: 40, read: 40);
    }

    [Test]
    public void An_image_cut_short_anywhere_is_an_error_or_tells_of_it([Values(1, 2, 3, 4)] int major)
    {
        byte[] whole = new SquashImage(major).Bytes;
        for (int length = 0; length < whole.Length; length += (length / 16) + 113)
        {
            var source = new MemorySource(whole.AsMemory(0, length));
            MutantWalk.Try(() => MutantWalk.Run(new SquashFsFormat().Open(source, new OpenContext()), new MutantTally(), depth: 1, mostNames: 10));
        }
    }
}
