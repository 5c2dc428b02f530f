using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>romfs, as genromfs writes it, against Linux's own driver.</summary>
internal sealed class RomFsTests
{
    private const int Limit = Limits.Test;

    // Linux says that no file takes any room, and that none has extended attributes.
    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["blocks", "xattr"])];

    private TestFolder _folder = null!;

    private string Image => _folder["romfs.img"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        string tree = _folder.CreateDirectory("tree");
        Tool.Shell(
            """
            cd "$1" && mkdir -p d/deep/deeper empty many && echo text >d/a && head -c 300000 /dev/urandom >big && chmod +x big && : >nothing
            ln d/a hard && ln -s d/deep/../a link && ln -s /nowhere d/gone && mknod null c 1 3 && mknod disk b 259 4095 && mkfifo pipe
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            i=0; while [ $i -lt 600 ]; do echo $i >many/name-that-is-longer-than-a-header-$i; i=$((i + 1)); done
            echo 1 >0123456789abcde && echo 2 >0123456789abcdef && echo 3 >0123456789abcdef0 && echo e >"$(printf 'not\377utf')"
            n=$(printf '%0127d' 7) && echo long >"$n"
            """, tree).Succeeded();
        Tool.Run("genromfs", "-d", tree, "-f", Image, "-V", "a volume").Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_Linux_shows()
    {
        TreeListing? expected = LinuxReader.List(Image, type: "romfs");
        Assert.That(expected, Is.Not.Null, "romfs does not mount it");
        using var mount = ImageMount.Mount(Image);
        Assert.That(mount.List().DifferencesFrom(expected!, s_facts), Is.Empty);
        Assert.That(File.ReadAllBytes(mount["big"]), Is.EqualTo(File.ReadAllBytes(_folder["tree/big"])));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_position_of_a_directory_leads_back_to_its_name()
    {
        using var mount = ImageMount.Mount(Image);
        foreach (string name in (string[])["", "many", "empty", "d"])
        {
            int expected = Directory.EnumerateFileSystemEntries(mount[name]).Count() + 2;
            Assert.That(TreeWalker.CheckPositions(mount[name]), Is.EqualTo(expected), name);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Info_names_it_and_verify_calls_it_sound_or_says_what_is_not()
    {
        Assert.That(ImageFsProgram.Run("info", Image).Succeeded().Text, Does.Contain("romfs").And.Contain("a volume"));
        Assert.That(ImageFsProgram.Run("verify", Image).Succeeded().Text, Does.Contain("file headers"));
        byte[] bytes = File.ReadAllBytes(Image);
        int name = bytes.AsSpan().IndexOf("name-that-is-longer-than-a-header-77"u8);
        bytes[name] = (byte)'g';
        File.WriteAllBytes(_folder["changed.img"], bytes);
        ToolResult said = ImageFsProgram.Run("verify", _folder["changed.img"]);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Text + said.Error, Does.Contain($"romfs file header at 0x{name - 16:X}: its checksum is wrong"));
    }
}
