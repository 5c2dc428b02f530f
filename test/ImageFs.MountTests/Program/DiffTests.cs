using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs diff</c>: the files that diff(1) and stat(1) find different.</summary>
internal sealed class DiffTests
{
    private const string Change = """
        cd "$1"; cp -a t u; cd u; echo new >etc/added; rm far; echo longer >>etc/.hidden; printf Z | dd of=big bs=1 seek=2999999 conv=notrunc status=none
        chmod 600 usr/bin/tr; ln -sf other gone; rm p; mkdir p; setfattr -n user.note -v z etc/a.conf; setfattr -n user.more -v z 'a b'; touch -d 2030-01-01 zeros
        printf a | dd of=hole bs=1 seek=4000000 conv=notrunc status=none; chown 7:8 empty
        cd ..; mke2fs -q -t ext4 -I 256 -b 1024 -O ^has_journal -E root_owner=0:0 -d u other 40M >/dev/null
        """;

    [Test]
    public void Every_change_is_found_and_nothing_else()
    {
        Need.Root();
        using var tree = new ScriptTree();
        Tool.Run("bash", "-ec", Change, "bash", Path.GetDirectoryName(tree.Tree)!).Succeeded();
        ToolResult said = ImageFsProgram.Run("diff", tree.Image, tree["other"]);

        Assert.That(said.ExitCode, Is.EqualTo(1), said.Error);
        Assert.That(said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(new[]
        {
            "./a b: attribute user.more only in the second",
            "./big: byte 2999999 differs",
            "./empty: owner 3000000:5, 7:8",
            "./etc/.hidden: size 2, 9",
            "./etc/a.conf: attribute user.note differs",
            "./etc/added: only in the second",
            "./far: only in the first",
            "./gone: leads to nowhere, other",
            "./hole: byte 4000000 differs",
            "./p: fifo in the first, directory in the second",
            "./usr/bin/tr: mode 4755, 0600",
            "./usr/bin/tr2: mode 4755, 0600",
        }));

        // What diff(1) says of names and contents is all of that.
        string[] expected = [.. Tool.Run("bash", "-c", "cd \"$1\"; diff -rq --no-dereference t u | grep -v -a 'is a' | wc -l", "bash", Path.GetDirectoryName(tree.Tree)!).Text.Split('\n')];
        Assert.That(expected[0], Is.EqualTo("6"));
    }

    [Test]
    public void Trees_of_two_formats_are_equal()
    {
        using var tree = new ScriptTree();
        Tool.Run("bash", "-ec", "cd \"$1\"; mksquashfs t other -quiet -no-progress -noappend", "bash", Path.GetDirectoryName(tree.Tree)!).Succeeded();
        ToolResult same = ImageFsProgram.Run("diff", tree.Image, tree["other"]);
        Assert.That(same.ExitCode, Is.Zero, same.Text + same.Error);
        Assert.That(same.Text, Is.Empty);

        ToolResult times = ImageFsProgram.Run("diff", "--times", tree.Image, tree["other"], "etc");
        Assert.That(times.ExitCode, Is.EqualTo(1));
        Assert.That(times.Text, Is.EqualTo("etc/a.conf: changed at 2001-02-03T04:05:06.789000000Z, 2001-02-03T04:05:06.000000000Z\netc/conf.d: changed at 1969-12-31T23:59:58.000000000Z, 2106-02-07T06:28:14.000000000Z\n"));
    }

    [Test]
    public void What_may_differ_is_chosen()
    {
        Need.Root();
        using var tree = new ScriptTree();
        Tool.Run("bash", "-ec", Change, "bash", Path.GetDirectoryName(tree.Tree)!).Succeeded();
        Assert.That(ImageFsProgram.Run("diff", "--ignore=mode", tree.Image, tree["other"], "usr").ExitCode, Is.Zero);
        Assert.That(ImageFsProgram.Run("diff", "--ignore=contents,xattr,ownership", tree.Image, tree["other"], "big", "hole", "empty", "a b").ExitCode, Is.Zero);
        Assert.That(ImageFsProgram.Run("diff", "--ignore=sense", tree.Image, tree["other"]).Error, Does.Contain("mode, ownership, contents, xattr"));
    }

    [Test]
    public void What_cannot_be_read_is_no_answer()
    {
        using var folder = new TestFolder();
        DamagedSquashFs.Make(folder);
        ToolResult said = ImageFsProgram.Run("diff", folder["sound"], folder["image"]);
        Assert.That(said.ExitCode, Is.EqualTo(32), said.Text);
        Assert.That(said.Error, Does.Contain("./b: "));
    }
}
