using System.Diagnostics;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>Bytes of whole images changed at random: every answer is an answer or an error of the image, and comes soon.</summary>
internal static class DiskMutations
{
    private const int Rounds = 60;
    private const int Sector = 512;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Changes an image again and again, and uses it.</summary>
    /// <param name="sound">The image.</param>
    /// <param name="seed">Of what is changed.</param>
    /// <param name="options">Mount options to open it with every second time.</param>
    /// <param name="folder">Where the files are that it names; null for nowhere.</param>
    public static void Check(byte[] sound, int seed, string options = "", ImageFolder? folder = null)
    {
        var random = new Random(seed);
        int[] used = [.. Enumerable.Range(0, (sound.Length + Sector - 1) / Sector)
            .Where(sector => sound.AsSpan(sector * Sector, Math.Min(Sector, sound.Length - (sector * Sector))).ContainsAnyExcept((byte)0))];
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] image = [.. sound];
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                // Mostly among the tables at the beginning, and sometimes at the end.
                int sector = random.Next(6) switch
                {
                    0 => used[random.Next(used.Length)],
                    1 => used[^1],
                    _ => used[random.Next(Math.Min(used.Length, 12))],
                };
                int offset = Math.Min((sector * Sector) + random.Next(random.Next(2) == 0 ? Sector : 128), image.Length - 1);
                image[offset] = random.Next(3) switch { 0 => 0xFF, 1 => (byte)(image[offset] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            var clock = Stopwatch.StartNew();
            tally.Next();
            Assert.That(() => Use(image, round % 2 == 0 ? string.Empty : options, folder ?? new NoFolder(), tally), Throws.Nothing, $"round {round}");
            Assert.That(clock.Elapsed, Is.LessThan(s_limit), $"round {round}");
        }

        tally.AssertShares(opened: 10, read: 10);
    }

    private static void Use(byte[] image, string options, ImageFolder folder, MutantTally tally)
    {
        BlockSource? disk = null;
        Try(() => disk = ContainerFormats.Open(
            new ImageFile("disk", new MemorySource(image), folder, "disk"), null, OpenContext.Of(options)));
        if (disk is not Container container)
        {
            return;
        }

        tally.NoteOpened();
        Try(() => container.Describe());
        byte[] buffer = new byte[4096];
        for (int i = 0; i < 64 && disk.Length > 0; i++)
        {
            long offset = disk.Length / 64 * i;
            Try(() =>
            {
                disk.ReadAt(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, disk.Length - offset)));
                tally.NoteRead();
            });
            Try(() => disk.Locate(offset, long.MaxValue));
        }
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
        }
    }
}
