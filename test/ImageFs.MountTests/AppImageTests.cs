using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>AppImages: a program with SquashFS behind it, and a program in the first sectors of an ISO image.</summary>
internal sealed class AppImageTests
{
    private const int Limit = Limits.Test;

    private static readonly string[] s_facts = ["mode", "uid", "gid", "size", "mtime", "target", "sha256", "error"];

    [Test]
    [CancelAfter(Limit)]
    public void An_AppImage_of_type_2_is_mounted_without_an_offset()
    {
        using var folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir -p tree/usr/bin && echo '[Desktop Entry]' >tree/app.desktop && seq 50000 >tree/usr/bin/app && ln -s usr/bin/app tree/AppRun
            find tree -exec touch -hd 2024-02-29T12:34:56Z {} +
            mksquashfs tree squashfs -quiet -no-progress -noappend && cat /bin/true squashfs >some.AppImage
            """, folder.Path).Succeeded();
        using var mount = ImageMount.Mount(folder["some.AppImage"]);
        Assert.That(mount.List().Where(IsNoDirectory).DifferencesFrom(TreeWalker.List(folder["tree"]).Where(IsNoDirectory), s_facts), Is.Empty);
        Assert.That(ImageFsProgram.Run("info", folder["some.AppImage"]).Succeeded().Text, Does.Contain("elf").And.Contain("squashfs"));
        Assert.That(ImageFsProgram.Run("verify", folder["some.AppImage"]).ExitCode, Is.Zero);
        Assert.That(ImageFsProgram.Run("cat", folder["some.AppImage"], "app.desktop").Succeeded().Text, Is.EqualTo("[Desktop Entry]\n"));
        long start = new FileInfo("/bin/true").Length;
        Assert.That(ImageFsProgram.Run("ls", "-o", $"offset={start}", folder["some.AppImage"]).Succeeded().Text, Does.Contain("AppRun"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_AppImage_of_type_1_is_mounted_as_the_disc_that_it_is()
    {
        using var folder = new TestFolder();
        File.Copy(TestImages.Get("rockridge"), folder["old.AppImage"]);
        Tool.Run("dd", "if=/bin/true", $"of={folder["old.AppImage"]}", "bs=32K", "count=1", "conv=notrunc", "status=none").Succeeded();
        using var plain = ImageMount.Mount(TestImages.Get("rockridge"));
        using var mount = ImageMount.Mount(folder["old.AppImage"]);
        Assert.That(mount.List().DifferencesFrom(plain.List(), Facts.All), Is.Empty);
    }

    private static bool IsNoDirectory(TreeEntry entry) => entry.IsFile || entry["target"] is not null;
}
