using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Compressed images, and images that come through pipes: their trees are those of the plain image.</summary>
internal sealed class PackedTests
{
    private const int Limit = Limits.Test;

    private readonly TestFolder _folder = new();
    private TreeListing? _expected;

    [OneTimeSetUp]
    public void MakeImages()
    {
        Tool.Shell(
            """
            cd "$1" && mkdir -p tree/boot && cp /bin/bash tree/shell && head -c 3000000 /dev/urandom >tree/noise && seq 300000 >tree/numbers &&
            mke2fs -q -t ext4 -d tree boot.img 12M && cp boot.img tree/boot/inner.img && mke2fs -q -t ext4 -d tree disk.img 40M &&
            xz -0 -k -T2 --block-size=3MiB disk.img && zstd -q -1 disk.img -o disk.raw.zst && gzip -1 -k disk.img && bgzip -c disk.img >blocks.img.gz &&
            bzip2 -1 -k disk.img && lz4 -q -1 disk.img disk.img.lz4 && qemu-img convert -O qcow2 disk.img disk.qcow2 && gzip -1 disk.qcow2
            """, _folder.Path).Succeeded();
        using var plain = ImageMount.Mount(_folder["disk.img"]);
        _expected = plain.List();
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCase("disk.img.xz", "xz")]
    [TestCase("disk.raw.zst", "zstd")]
    [TestCase("disk.img.gz", "gzip")]
    [TestCase("blocks.img.gz", "bgzip")]
    [TestCase("disk.img.bz2", "bzip2")]
    [TestCase("disk.img.lz4", "lz4")]
    [TestCase("disk.qcow2.gz", "qcow2")]
    [CancelAfter(Limit)]
    public void The_tree_is_that_of_the_plain_image(string name, string told)
    {
        using (var mount = ImageMount.Mount(_folder[name]))
        {
            Assert.That(mount.List().DifferencesFrom(_expected!, Facts.Recorded), Is.Empty);
            Tool.Run("cmp", _folder["tree/noise"], mount["noise"]).Succeeded();
        }

        Assert.That(ImageFsProgram.Run("info", _folder[name]).Succeeded().Text, Does.Contain(told));
    }

    [TestCase("disk.img.xz")]
    [TestCase("disk.qcow2.gz")]
    [CancelAfter(Limit)]
    public void All_of_it_is_verified(string name)
    {
        ImageFsProgram.Run("verify", _folder[name]).Succeeded();
        string damaged = _folder[$"damaged.{name}"];
        byte[] bytes = File.ReadAllBytes(_folder[name]);
        bytes[bytes.Length / 3] ^= 4;
        File.WriteAllBytes(damaged, bytes);
        Assert.That(ImageFsProgram.Run("verify", damaged).ExitCode, Is.Not.Zero);
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_image_in_it_is_opened_and_a_folder_shows_what_is_named_as_an_image()
    {
        Assert.That(ImageFsProgram.Run("cat", $"{_folder["disk.img.xz"]}//boot/inner.img", "numbers").Succeeded().Text, Does.StartWith("1\n2\n3\n").And.EndWith("300000\n"));
        using var mount = ImageMount.Mount(_folder.Path, "tree");
        Tool.Run("cmp", _folder["tree/numbers"], mount["disk.img.gz/numbers"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_was_decoded_is_spliced_and_counted()
    {
        using var mount = ImageMount.Mount(_folder["disk.raw.zst"], "reply=splice");
        Tool.Run("cmp", _folder["tree/noise"], mount["noise"]).Succeeded();
        using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        Assert.That(stats.RootElement.GetProperty("reply_bytes").GetProperty("splice").GetInt64(), Is.AtLeast(3_000_000));
        Assert.That(stats.RootElement.GetProperty("unpacked").GetProperty("length").GetInt64(), Is.EqualTo(40 << 20));
        Assert.That(stats.RootElement.GetProperty("kept").GetProperty("read").GetInt64(), Is.AtLeast(3_000_000));
    }

    [TestCase("zstd -dcq disk.raw.zst | \"$0\" mount - mounted")]
    [TestCase("\"$0\" mount - mounted <disk.img.xz")]
    [TestCase("\"$0\" <(zstd -dcq disk.raw.zst) mounted")]
    [TestCase("\"$0\" mount <(cat disk.img.xz) mounted")]
    [CancelAfter(Limit)]
    public void An_image_comes_through_a_pipe(string command)
    {
        using var mount = ImageMount.Prepare(_folder["disk.img"]);
        Tool.Run("bash", "-c", $"cd \"$1\" && shift && {command.Replace("mounted", "\"$1\"", StringComparison.Ordinal)}", ImageFsProgram.Path, _folder.Path, mount.Directory).Succeeded();
        Assert.That(mount.List().DifferencesFrom(_expected!, Facts.Recorded), Is.Empty);
    }

    // What is decoded once for its length, or comes through a pipe, is shown as it comes; of a pipe nobody knows how much. Numbers are slow to decode,
    // and the pipe has pauses: on a quick machine, too, it takes longer than the time between two looks at the terminal.
    [TestCase("gzip -1", "\"$0\" mount -v large mounted", @"[\d.]+ [KM]iB of [\d.]+ MiB")]
    [TestCase("zstd -q -1", "\"$0\" mount -v large mounted", @"[\d.]+ [KM]iB of [\d.]+ MiB")]
    [TestCase("cat", "{ for piece in 1 2 3; do head -c 9M; sleep 0.2; done; cat; } <large | \"$0\" mount -v - mounted", @"[\d.]+ [KM]iB")]
    [CancelAfter(Limit)]
    public void The_terminal_shows_how_far_it_is(string packer, string command, string progress)
    {
        Need.Program("script", "bsdutils");
        Tool.Shell($"cd \"$1\" && {{ cat disk.img; seq 40000000 | head -c 280M; }} | {packer} >large", _folder.Path).Succeeded();
        using var mount = ImageMount.Prepare(_folder["large"]);
        string line = command.Replace("mounted", mount.Directory, StringComparison.Ordinal).Replace("$0", ImageFsProgram.Path, StringComparison.Ordinal);
        string shown = Tool.Run("script", "-qec", $"cd '{_folder.Path}' && {line}", "/dev/null").Succeeded().Text;
        string[] told = [.. Regex.Matches(shown, $@"\[#*-*\] ({progress})(, [\d.]+ [KMG]iB/s(, \d+ s left)?)?(?=\r)").Select(match => match.Groups[1].Value).Distinct()];
        Assert.That(told, Has.Length.GreaterThan(1), shown);
        Assert.That(mount.List().DifferencesFrom(_expected!, Facts.Recorded), Is.Empty);
        if (packer != "cat")
        {
            using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
            Assert.That(stats.RootElement.GetProperty("unpacked").GetProperty("length").GetInt64(), Is.EqualTo(320L << 20));
            Assert.That(stats.RootElement.GetProperty("unpacked").GetProperty("bytes").GetInt64(), Is.GreaterThanOrEqualTo(320L << 20));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Commands_read_an_image_through_a_pipe()
    {
        string Read(string command) => Tool.Run("bash", "-c", $"cd \"$1\" && {command}", ImageFsProgram.Path, _folder.Path).Succeeded().Text;
        string listed = ImageFsProgram.Run("ls", "-l", _folder["disk.img"]).Succeeded().Text;
        Assert.That(Read("cat disk.img | \"$0\" ls -l -"), Is.EqualTo(listed));
        Assert.That(Read("\"$0\" ls -l - <disk.img.gz"), Is.EqualTo(listed));
        Assert.That(Read("\"$0\" ls -l <(cat disk.raw.zst)"), Is.EqualTo(listed));
        Assert.That(Read("cat disk.img.bz2 | \"$0\" cat /dev/fd/0//boot/inner.img numbers"), Is.EqualTo(File.ReadAllText(_folder["tree/numbers"])));
        Assert.That(Read("cat disk.img.bz2 | \"$0\" cat -//boot/inner.img numbers"), Is.EqualTo(File.ReadAllText(_folder["tree/numbers"])));
        ToolResult refused = Tool.Run("bash", "-c", "head -c 5M /dev/urandom | \"$0\" ls -o cache-limit=2M -", ImageFsProgram.Path);
        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("cache-limit="));
    }
}
