using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Images that are too large to keep: made here.</summary>
internal sealed class LargeTests
{
    private const long Gigabyte = 1L << 30;

    // xorriso fills a file section (ECMA-119 6.5) to 4 GiB less one block.
    private const long Joint = (4 * Gigabyte) - 2048;
    private const long BigLength = (4 * Gigabyte) + (16 << 20) + 12345;
    private const int Names = 100_000;
    private static readonly TimeSpan s_making = TimeSpan.FromMinutes(10);

    [Test]
    public void A_file_of_more_than_4_GiB_has_its_bytes_at_both_ends_and_across_the_joint()
    {
        using var folder = new TestFolder();
        string source = folder["big"];
        long[] places = [0, Joint - (1 << 20), Joint + (1 << 19), BigLength - (1 << 20)];
        WriteMarks(source, places);
        string image = folder["big.iso"];
        const string Script =
            "xorriso -as mkisofs -quiet -iso-level 3 -graft-points /big=\"$1\" | dd of=\"$2\" bs=1M iflag=fullblock conv=sparse status=none";
        Tool.Run(Tool.Start("sh", "-c", Script, "sh", source, image), s_making).Succeeded();

        using var mount = ImageMount.Mount(image);
        Assert.That(Tool.Run("stat", "-c", "%s", mount["big"]).Succeeded().Text.Trim(), Is.EqualTo($"{BigLength}"));
        foreach (long place in places.Append(2 * Gigabyte).Append(Joint - 1).Append(Joint - 100_000).Append(Joint))
        {
            Assert.That(Sum(mount["big"], place), Is.EqualTo(Sum(source, place)), $"at {place}");
        }
    }

    [Test]
    public void A_directory_of_100000_names_has_every_one_at_every_position()
    {
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        for (int i = 0; i < Names; i++)
        {
            File.Create(Path.Combine(tree, NameOf(i))).Dispose();
        }

        string image = folder["many.iso"];
        Tool.Run(Tool.Start("genisoimage", "-quiet", "-R", "-o", image, "-graft-points", $"many={tree}"), s_making).Succeeded();

        using var mount = ImageMount.Mount(image);
        Assert.That(TreeWalker.CheckPositions(mount["many"]), Is.EqualTo(Names + 2));
        string[] names = Tool.Run("ls", "-f", mount["many"]).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(names.Except([".", ".."]), Is.EquivalentTo(Enumerable.Range(0, Names).Select(NameOf)));

        // A name takes about as long to find wherever it is: the last thousand no ten times the first.
        TimeSpan first = Lookups(mount.Image, 0);
        TimeSpan last = Lookups(mount.Image, Names - 1000);
        Assert.That(last, Is.LessThan((10 * first) + TimeSpan.FromSeconds(1)));
    }

    private static string NameOf(int i) => i % 3 == 0 ? $"{i}" : $"{i:D6}-a-rather-long-name-of-a-file.with-an-extension";

    // Time of a processor, not of a clock: others run meanwhile.
    private static TimeSpan Lookups(string image, int start)
    {
        // A mount of its own: readdir has filled the first one's cache of names.
        using var fresh = ImageMount.MountInForeground(image);
        Tool.Run("stat", ["-c", "%i", .. Enumerable.Range(start, 1000).Select(i => fresh[$"many/{NameOf(i)}"])]).Succeeded();
        fresh.Server!.Refresh();
        return fresh.Server.TotalProcessorTime;
    }

    // Blocks that count up at some places, holes between.
    private static void WriteMarks(string path, long[] places)
    {
        using FileStream file = File.Create(path);
        file.SetLength(BigLength);
        byte[] mark = new byte[1 << 20];
        foreach (long place in places)
        {
            for (int i = 0; i < mark.Length; i += 8)
            {
                BitConverter.TryWriteBytes(mark.AsSpan(i), place + i + 1);
            }

            RandomAccess.Write(file.SafeFileHandle, mark, place);
        }
    }

    private static string Sum(string file, long offset) =>
        Tool.Shell("dd if=\"$1\" bs=1M iflag=skip_bytes skip=\"$2\" count=2 status=none | sha256sum", file, $"{offset}").Succeeded().Text;
}
