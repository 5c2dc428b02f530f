using System.Text.Json;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Ahead of a reader: small files are in the mount's cache before they are asked for, and are the same files.</summary>
/// <remarks>Requests are counted, which a cache that others drop adds to; and the offer of rings is one to all mounts of the machine.</remarks>
[NonParallelizable]
internal sealed class AheadTests
{
    private const int Directories = 60;
    private const int FilesEach = 6;
    private const int FilesInOne = 400;

    private static readonly int[] s_sizes = [0, 1, 100, 4095, 4096, 4097, 12_345, 40_000, 65_536, 65_537, 200_000];

    private readonly TestFolder _folder = new();

    [OneTimeSetUp]
    public void MakeImage()
    {
        var random = new Random(20261123);
        for (int i = 0; i < Directories; i++)
        {
            Fill(random, _folder.CreateDirectory($"tree/{i}"), FilesEach);
        }

        Fill(random, _folder.CreateDirectory("tree/many"), FilesInOne);
        Directory.CreateDirectory(_folder["text"]);
        File.WriteAllLines(_folder["text/file"], Enumerable.Range(0, 400_000).Select(i => $"line {i * 7919L % 1_000_003}"));
        Need.Program("mksquashfs", "squashfs-tools");
        Tool.Run("mksquashfs", _folder["text"], _folder["squashfs"], "-quiet", "-no-progress", "-comp", "gzip", "-b", "128K").Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", _folder["tree"], _folder["ext4"], "64M").Succeeded();
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", _folder["iso9660"], _folder["tree"]).Succeeded();
    }

    [OneTimeTearDown]
    public void RemoveImage() => _folder.Dispose();

    [Test]
    public void Every_file_is_the_same_and_few_are_asked_for([Values("ext4", "iso9660")] string image, [Values("", ",transport=uring", ",max_threads=1")] string more)
    {
        using var ring = more.Contains("uring", StringComparison.Ordinal) ? RingOffer.Make() : null;
        using var mount = ImageMount.Mount(_folder[image], "ahead=files" + more);
        string copy = _folder.CreateDirectory($"copy-{image}{more}");
        Tool.Run("timeout", Limits.Script, "cp", "-r", mount.Directory + "/.", copy).Succeeded();
        Tool.Run("diff", "-r", "--exclude=lost+found", _folder["tree"], copy).Succeeded();

        (long asked, long stored) = Count(mount);
        Assert.That(stored, Is.GreaterThan((FilesInOne + (Directories * FilesEach)) / 4));
        Assert.That(asked, Is.LessThan(FilesInOne + (Directories * FilesEach)));
    }

    [Test]
    public void Readers_of_all_of_it_at_once_see_the_same()
    {
        using var mount = ImageMount.Mount(_folder["ext4"], "ahead=files");
        const string Sums = "cd \"$1\" && find . -path ./lost+found -prune -o -type f -exec sha256sum {} + | sort";
        string expected = Tool.Shell(Sums, _folder["tree"]).Succeeded().Text;
        ToolResult[] seen = [.. Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4).Select(_ => Tool.Shell("timeout 300 sh -c '" + Sums + "' sh \"$1\"", mount.Directory))];
        Assert.That(seen.Select(reader => reader.Succeeded().Text), Is.All.EqualTo(expected));
    }

    [Test]
    public void Files_are_stored_unless_the_mount_is_told_not_to([Values("", "ahead=none", "cache=once")] string options)
    {
        using var mount = ImageMount.Mount(_folder["ext4"], options);
        Tool.Shell("timeout 300 cat \"$1\"/many/* | wc -c", mount.Directory).Succeeded();
        Assert.That(Count(mount).Stored, options.Length == 0 ? Is.Positive : Is.Zero);
    }

    [Test]
    public void A_compressed_block_is_stored_whole_for_who_reads_here_and_there([Values("", "ahead=none", "direct")] string how)
    {
        using var mount = ImageMount.Mount(_folder["squashfs"], how == "direct" ? string.Empty : how);
        const string Read = """
            import mmap, os, random, sys
            random.seed(1)
            flags = os.O_RDONLY | (os.O_DIRECT if sys.argv[3] == "direct" else 0)
            there, expected = os.open(sys.argv[1], flags), os.open(sys.argv[2], os.O_RDONLY)
            os.posix_fadvise(there, 0, 0, os.POSIX_FADV_RANDOM)
            page, size = mmap.mmap(-1, 4096), os.fstat(expected).st_size
            for _ in range(2000):
                at = random.randrange(0, size, 4096)
                count = os.preadv(there, [page], at)
                assert page[:count] == os.pread(expected, 4096, at), at
            """;
        Tool.Run("timeout", Limits.Script, "python3", "-c", Read, mount["file"], _folder["text/file"], how).Succeeded();
        using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "-J", mount.Directory).Succeeded().Text);
        Assert.That(stats.RootElement.GetProperty("ahead").GetProperty("blocks").GetInt64(), how.Length == 0 ? Is.Positive : Is.Zero);
        Tool.Run("timeout", Limits.Script, "cmp", mount["file"], _folder["text/file"]).Succeeded();
    }

    [Test]
    public void What_a_reader_comes_to_is_decoded_ahead_and_once([Values("", "ahead=none", "cache=once")] string options)
    {
        using var mount = ImageMount.Mount(_folder["squashfs"], options);

        // In small READs, one after the other: on a busy machine the threads come to it as well.
        Tool.Run("timeout", Limits.Script, "dd", $"if={mount["file"]}", "of=/dev/null", "bs=32K", "iflag=direct", "status=none").Succeeded();
        Tool.Run("timeout", Limits.Script, "cmp", mount["file"], _folder["text/file"]).Succeeded();
        (long decoded, long read, long ahead) = CountDecoded(mount);
        Assert.That(decoded, Is.LessThanOrEqualTo(read * 1.05));
        Assert.That(ahead, options == "ahead=none" ? Is.Zero : Is.Positive.And.LessThan(decoded));
    }

    [Test]
    public void Readers_at_once_have_each_block_decoded_once_and_see_the_same(
        [Values(2, 8)] int readers, [Values("", "cache-size=2M", "transport=uring")] string options, [Values(false, true)] bool isDirect)
    {
        using var ring = options.Contains("uring", StringComparison.Ordinal) ? RingOffer.Make() : null;
        using var mount = ImageMount.Mount(_folder["squashfs"], options);
        string[] read = ["timeout", Limits.Script, "dd", $"if={mount["file"]}", "bs=512K", "status=none", .. isDirect ? ["iflag=direct"] : Array.Empty<string>()];
        string expected = Tool.Run("sha256sum", _folder["text/file"]).Succeeded().Text[..64];
        ToolResult[] seen = [.. Enumerable.Range(0, readers).AsParallel().WithDegreeOfParallelism(readers)
            .Select(_ => Tool.Shell("\"$@\" | sha256sum", read))];
        Assert.That(seen.Select(reader => reader.Succeeded().Text[..64]), Is.All.EqualTo(expected));

        // In 1 MiB a block may be gone before the last of those who read for themselves has come to it.
        long decoded = CountDecoded(mount).Decoded;
        long length = new FileInfo(_folder["text/file"]).Length;
        Assert.That(decoded, Is.LessThanOrEqualTo(options == "cache-size=2M" ? readers * length : (length * 1.05) + (128 << 10)));
    }

    [Test]
    public void A_damaged_block_is_an_error_of_who_reads_it_and_of_nobody_before()
    {
        string image = _folder["damaged"];
        File.Copy(_folder["squashfs"], image, overwrite: true);
        using (FileStream file = File.OpenWrite(image))
        {
            // The data begin behind the super block; a block of 128 KiB of this text takes some 40 KiB.
            file.Position = file.Length / 2;
            file.Write(new byte[100]);
        }

        using var mount = ImageMount.Mount(image);
        const string Read = """
            import os, sys
            there, expected = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_RDONLY)
            at, size, bad = 0, os.fstat(expected).st_size, []
            while at < size:
                try:
                    assert os.pread(there, 4096, at) == os.pread(expected, 4096, at), at
                except OSError as e:
                    bad.append(at)
                at += 4096
            print(len(bad), bad[-1] - bad[0])
            """;
        string said = Tool.Run("timeout", Limits.Script, "python3", "-c", Read, mount["file"], _folder["text/file"]).Succeeded().Text;
        Assert.That(said.Trim(), Is.EqualTo($"{(128 << 10) / 4096} {(128 << 10) - 4096}"));
    }

    [Test]
    public void A_mount_can_be_unmounted_while_it_decodes_ahead()
    {
        for (int i = 0; i < 5; i++)
        {
            using var mount = ImageMount.Mount(_folder["squashfs"]);
            Tool.Run("timeout", Limits.Script, "dd", $"if={mount["file"]}", "of=/dev/null", "bs=128K", $"count={4 + i}", "status=none").Succeeded();
            mount.Unmount();
        }
    }

    [Test]
    public void An_image_cut_short_is_an_error_of_the_files_that_it_has_lost()
    {
        string image = _folder["cut"];
        File.Copy(_folder["iso9660"], image, overwrite: true);
        using var mount = ImageMount.Mount(image, "ahead=files");
        string[] files = [.. Directory.EnumerateFiles(mount["many"]).Order(StringComparer.Ordinal)];
        using (FileStream file = File.OpenWrite(image))
        {
            file.SetLength(file.Length * 2 / 3);
        }

        int lost = 0;
        foreach (string file in files)
        {
            byte[] expected = File.ReadAllBytes(Path.Combine(_folder["tree/many"], Path.GetFileName(file)));
            try
            {
                Assert.That(File.ReadAllBytes(file), Is.EqualTo(expected), file);
            }
            catch (IOException)
            {
                lost++;
            }
        }

        Assert.That(lost, Is.Positive.And.LessThan(files.Length));
    }

    private static void Fill(Random random, string folder, int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] contents = new byte[s_sizes[random.Next(s_sizes.Length)]];
            random.NextBytes(contents);
            File.WriteAllBytes(Path.Combine(folder, $"{i:D3}"), contents);
        }
    }

    private static (long Decoded, long Read, long Ahead) CountDecoded(ImageMount mount)
    {
        using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "-J", mount.Directory).Succeeded().Text);
        JsonElement counts = stats.RootElement.GetProperty("decoded");
        return (counts.GetProperty("bytes").GetInt64(), counts.GetProperty("read").GetInt64(), counts.GetProperty("ahead").GetInt64());
    }

    private static (long Asked, long Stored) Count(ImageMount mount)
    {
        using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "-J", mount.Directory).Succeeded().Text);
        long asked = stats.RootElement.GetProperty("requests").TryGetProperty("read", out JsonElement reads) ? reads.GetInt64() : 0;
        return (asked, stats.RootElement.GetProperty("ahead").GetProperty("files").GetInt64());
    }
}
