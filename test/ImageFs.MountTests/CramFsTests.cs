using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>cramfs, as mkfs.cramfs writes it, against fsck.cramfs and the tree that it was made of: no kernel at hand has the driver.</summary>
internal sealed class CramFsTests
{
    private const int Limit = Limits.Test;

    // What the format has: neither times nor counts of links; directories and room are counted otherwise elsewhere.
    private static readonly string[] s_facts = ["mode", "uid", "gid", "rdev", "target", "sha256", "spellings", "error"];

    private TestFolder _folder = null!;

    private string Tree => _folder["tree"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir -p d/deep/deeper empty many && echo text >d/a && seq 100000 >big && chmod 4755 big && : >nothing && cp big d/same
            head -c 300000 /dev/urandom >d/noise && head -c 8192 /dev/zero >zeros && (head -c 20480 /dev/zero; echo end) >holes && head -c 4096 big >page
            ln -s d/deep/../a link && ln -s /nowhere d/gone && mknod null c 1 3 && mknod disk b 8 17 && mkfifo pipe && chown 1000:100 d/a && chmod 700 d
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            i=0; while [ $i -lt 300 ]; do echo $i >many/name$i; i=$((i + 1)); done
            echo e >"$(printf 'not\377utf')" && echo long >"$(printf '%0252d' 7)"
            """, _folder.CreateDirectory("tree")).Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [TestCase("-N little")]
    [TestCase("-N big")]
    [TestCase("-N little -p")]
    [TestCase("-N big -z")]
    [TestCase("-N big -b 16384")]
    [TestCase("-N little -b 65536")]
    [CancelAfter(Limit)]
    public void The_tree_is_what_fsck_unpacks(string options)
    {
        using var folder = new TestFolder();
        string image = folder["cramfs.img"];
        string[] given = options.Split(' ');
        Tool.Run("mkfs.cramfs", [.. given, "-n", "a name", Tree, image]).Succeeded();
        string[] blockSize = options.Contains("-b", StringComparison.Ordinal) ? given[^2..] : [];
        using var mount = ImageMount.Mount(image);
        TreeListing found = mount.List();
        Assert.That(found.Count, Is.GreaterThan(320));

        // It does not know holes.
        if (!options.Contains("-z", StringComparison.Ordinal))
        {
            Tool.Run("fsck.cramfs", [.. blockSize, $"--extract={folder["unpacked"]}", image]).Succeeded();
            Assert.That(found.DifferencesFrom(TreeWalker.List(folder["unpacked"]), s_facts), Is.Empty);
        }

        string[] all = ["mode", "uid", "gid", "target", "sha256"];
        Assert.That(found.DifferencesFrom(TreeWalker.List(Tree), all), Is.Empty);
        Assert.That(TreeWalker.CheckPositions(mount["many"]), Is.EqualTo(302));
        Assert.That(ImageFsProgram.Run("verify", image).Succeeded().Text, Does.Contain("CRC-32 of the file system"));
        Assert.That(ImageFsProgram.Run("info", image).Succeeded().Text, Does.Contain("a name").And.Contain(given[1]));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Damage_that_fsck_finds_verify_finds_too()
    {
        using var folder = new TestFolder();
        string image = folder["cramfs.img"];
        Tool.Run("mkfs.cramfs", Tree, image).Succeeded();
        byte[] bytes = File.ReadAllBytes(image);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(image, bytes);
        Assert.That(Tool.Run("fsck.cramfs", image).ExitCode, Is.Not.Zero);
        ToolResult said = ImageFsProgram.Run("verify", image);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Text + said.Error, Does.Contain("the checksum of the file system is 0x"));
    }
}
