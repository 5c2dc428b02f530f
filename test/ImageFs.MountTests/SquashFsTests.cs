using System.Security.Cryptography;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>SquashFS, as mksquashfs and gensquashfs write it in all their ways, against this kernel's own driver.</summary>
internal sealed class SquashFsTests
{
    private const int Limit = Limits.Test;
    private const string Type = "squashfs";

    // A compressor, or what a writer is told.
    private static readonly string[] s_options =
    [
        "",
        "-comp gzip -b 4096 -no-fragments -Xcompression-level 1",
        "-comp gzip -b 8K -always-use-fragments -Xwindow-size 8 -Xstrategy filtered,fixed",
        "-comp lzo -b 1M",
        "-comp lzo -Xalgorithm lzo1x_1_15 -b 16K -no-xattrs",
        "-comp xz -b 256K -Xbcj x86,arm -noX",
        "-comp lz4 -b 64K",
        "-comp lz4 -Xhc -no-exports -nopad",
        "-comp zstd -b 128K -always-use-fragments",
        "-comp zstd -Xcompression-level 3 -b 1M -no-exports -no-duplicates",
        "-noI",
        "-noD",
        "-noF -noId",
        "-noI -noId -noD -noF -noX",
        "-all-root -no-sparse -b 512K",
    ];

    private TestFolder _folder = null!;

    private string Tree => _folder["tree"];

    private string Usual => _folder["usual.img"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        Tool.Shell(
            """
            mkdir "$1" && cd "$1" && mkdir -p d/deep/deeper empty many few same && echo text >d/a && : >nothing && chmod 4755 d/a
            head -c 200000 /dev/urandom >random && seq 1 60000 >numbers && cp numbers same/copy && ln numbers hard && ln numbers d/deep/harder
            { head -c 150000 numbers; head -c 500000 /dev/zero; tail -c 150001 numbers; } >mixed && head -c 1500000 /dev/zero >zeros && truncate -s 3M holes
            echo end >>holes && cp mixed same/mixed && head -c 131072 numbers >exact && head -c 4097 random >odd && cp /bin/true program
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do head -c $((i * 997)) numbers >few/$i; chown $i:$((i + 100)) few/$i; done
            i=0; while [ $i -lt 600 ]; do echo $i >many/name-that-is-rather-long-so-that-the-directory-is-too-$i; i=$((i + 1)); done
            ln -s d/deep/../a link && ln -s /nowhere d/gone && ln -s "$(printf '%01000d' 7)" long && mknod null c 1 3 && mknod disk b 259 300000 && mkfifo pipe
            echo e >"$(printf 'not\377utf')" && echo l >"$(printf '%0255d' 7)" && touch -d '1970-01-01 00:00:01Z' few/1 && touch -d '2100-02-03 04:05:06Z' few/2
            chown 4000000000:70000 d/a && chmod 1777 empty && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            setfattr -n user.a -v one d/a && setfattr -n user.b -v "$(printf '%03000d' 1)" d/a && setfattr -n trusted.c -v three d/a && setfattr -n security.d -v four numbers
            setfattr -h -n trusted.on-a-link -v five link && setfattr -h -n trusted.on-a-pipe -v six pipe && setfattr -n trusted.on-a-device -v s null
            for i in 1 2 3 4 5; do setfattr -n user.same -v "$(printf '%02000d' 9)" few/$i; setfattr -n user.own -v $i few/$i; done
            setfattr -n user.on-a-directory -v seven d && setfattr -n trusted.on-a-long-one -v eight many && setfattr -n user.empty random
            """, Tree).Succeeded();
        MakeImage(Usual, string.Empty);
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_Linux_shows([ValueSource(nameof(s_options))] string options)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        MakeImage(image, options);
        Compare(image);
    }

    [TestCase("gzip")]
    [TestCase("xz")]
    [TestCase("zstd")]
    [TestCase("lz4")]
    [CancelAfter(Limit)]
    public void The_tree_of_another_writer_is_what_Linux_shows(string compressor)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        Tool.Run("gensquashfs", "-q", "-c", compressor, "-D", Tree, "-x", "-b", "65536", image).Succeeded();
        Compare(image);
    }

    // This kernel has no lzma.
    [Test]
    [CancelAfter(Limit)]
    public void What_is_compressed_with_lzma_is_what_unsquashfs_unpacks()
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        MakeImage(image, "-comp lzma -b 64K");
        Tool.Run("unsquashfs", "-q", "-n", "-d", folder["out"], image).Succeeded();
        using var mount = ImageMount.Mount(image);

        // What is unpacked is a tree of this machine's disk: sizes of directories, inodes and holes are its own.
        string[] facts = ["mode", "uid", "gid", "nlink", "mtime", "rdev", "target", "sha256", "xattr"];
        TreeListing unpacked = TreeWalker.List(folder["out"]);
        Assert.That(mount.List().Where(IsNoDirectory).DifferencesFrom(unpacked.Where(IsNoDirectory), facts), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Statfs_and_the_order_of_a_listing_are_those_of_Linux()
    {
        using var device = new LoopDevice(Usual, "-r");
        using var kernel = new KernelMount(device.Path, Type, "ro");
        using var mount = ImageMount.Mount(Usual);
        Assert.That(Statfs(mount.Directory), Is.EqualTo(Statfs(kernel.Directory)));
        foreach (string name in (string[])["", "many", "few", "d", "empty"])
        {
            Assert.That(Names(mount[name]), Is.EqualTo(Names(kernel[name])), name);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_position_of_a_directory_leads_back_to_its_name()
    {
        using var mount = ImageMount.Mount(Usual);
        foreach (string name in (string[])["", "many", "few", "empty", "d"])
        {
            int expected = Directory.EnumerateFileSystemEntries(mount[name]).Count() + 2;
            Assert.That(TreeWalker.CheckPositions(mount[name]), Is.EqualTo(expected), name);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_file_above_4_GiB_has_its_bytes_at_both_ends()
    {
        const long Size = (4L << 30) + 200_000;
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        Tool.Shell("cd \"$1\" && head -c 70000 /dev/urandom >big && truncate -s $2 big && tail -c 70000 big >/dev/null && head -c 70001 /dev/urandom >>big", tree, $"{Size - 70_001}").Succeeded();
        Tool.Run("mksquashfs", tree, folder["made.img"], "-noappend", "-quiet", "-no-progress", "-b", "1M").Succeeded();
        using var device = new LoopDevice(folder["made.img"], "-r");
        using var kernel = new KernelMount(device.Path, Type, "ro");
        using var mount = ImageMount.Mount(folder["made.img"]);
        string stat = Tool.Run("stat", "-c", "%s %b %i %h", mount["big"]).Succeeded().Text;
        Assert.That(stat, Is.EqualTo(Tool.Run("stat", "-c", "%s %b %i %h", kernel["big"]).Succeeded().Text).And.StartsWith($"{Size} "));
        foreach (long offset in (long[])[0, 60_000, 1L << 31, (4L << 30) - 100, Size - 100_000])
        {
            Assert.That(Hash(mount["big"], offset), Is.EqualTo(Hash(Path.Combine(tree, "big"), offset)), $"at {offset}");
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Subdir_shows_a_directory_as_the_root()
    {
        using var mount = ImageMount.Mount(Usual, "subdir=d/deep");
        Assert.That(Names(mount.Directory), Is.EqualTo(["deeper", "harder"]));
        (ToolResult said, bool mounted) = ImageMount.TryMount(Usual, "subdir=d/nothing");
        Assert.That((mounted, said.ExitCode), Is.EqualTo((false, 1)), said.Error);
        Assert.That(said.Error, Does.Contain("subdir=d/nothing").And.Contain("\"nothing\""));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_follows_the_file_system_is_not_looked_at()
    {
        using var folder = new TestFolder();
        string image = folder["signed.img"];
        MakeImage(image, "-nopad");
        byte[] signature = new byte[5000];
        Random.Shared.NextBytes(signature);
        using (FileStream file = new(image, FileMode.Append))
        {
            file.Write(signature);
        }

        Compare(image);
        Assert.That(ImageFsProgram.Run("verify", image).ExitCode, Is.Zero);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Info_tells_how_it_was_made_and_verify_calls_it_sound()
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        MakeImage(image, "-comp xz -Xbcj x86 -b 256K -mkfs-time 1000000000");
        Assert.That(
            ImageFsProgram.Run("info", image).Succeeded().Text,
            Does.Match("version +4\\.0\n").And.Match("compressor +xz\n").And.Match("filters x86\n").And.Match("block-size +262144\n").And.Match("created +2001-09-09 01:46:40"));
        ToolResult said = ImageFsProgram.Run("verify", image);
        Assert.That(said.ExitCode, Is.Zero, said.Text + said.Error);
        Assert.That(said.Text, Does.Contain("inodes and directories").And.Contain("fragments").And.Contain("extended attributes"));
    }

    private static bool IsNoDirectory(TreeEntry entry) => (entry.Mode & 0xF000) != 0x4000;

    private static string Statfs(string directory) => Tool.Run("stat", "-f", "-c", "%s %S %b %f %a %c %d %l", directory).Succeeded().Text;

    private static string[] Names(string directory) => [.. Tool.Run("ls", "-U", directory).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static string Hash(string file, long offset)
    {
        using FileStream stream = File.OpenRead(file);
        stream.Position = offset;
        byte[] bytes = new byte[100_000];
        stream.ReadExactly(bytes);
        return Convert.ToHexString(SHA256.HashData(bytes));
    }

    private static void Compare(string image)
    {
        TreeListing expected;
        using (var folder = new TestFolder())
        {
            // A loop device ends with the last whole sector.
            string padded = folder["padded.img"];
            Tool.Shell("cp \"$1\" \"$2\" && truncate -s %4096 \"$2\"", image, padded).Succeeded();
            expected = KernelTree.List(padded, Type);
        }

        using var mount = ImageMount.Mount(image);
        Assert.That(expected.Count, Is.GreaterThan(600));
        Assert.That(mount.List().DifferencesFrom(expected, [.. Facts.Recorded.Except(["data"])]), Is.Empty);
    }

    private void MakeImage(string image, string options) =>
        Tool.Run("mksquashfs", [Tree, image, "-noappend", "-quiet", "-no-progress", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Succeeded();
}
