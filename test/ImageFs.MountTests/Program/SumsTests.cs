using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs sums</c>: what sha256sum(1) and its like print, and take back.</summary>
internal sealed class SumsTests
{
    [TestCase("sha256", "sha256sum")]
    [TestCase("md5", "md5sum")]
    [TestCase("sha1", "sha1sum")]
    [TestCase("sha384", "sha384sum")]
    [TestCase("sha512", "sha512sum")]
    public void They_are_those_of_coreutils(string algorithm, string program)
    {
        using var tree = new ScriptTree();
        string sums = tree["sums"];
        Tool.Run("bash", "-c", "\"$1\" sums -a $2 \"$3\" >\"$4\"", "bash", ImageFsProgram.Path, algorithm, tree.Image, sums).Succeeded();
        tree.InTree($"find . -type f -print0 | LC_ALL=C sort -z | xargs -0 {program} | cmp - '{sums}'");
        tree.InTree($"{program} -c --strict --quiet '{sums}'");
    }

    [Test]
    public void Paths_and_patterns_choose()
    {
        using var tree = new ScriptTree();
        Assert.That(ImageFsProgram.Run("sums", tree.Image, "etc", "usr/bin/t*").Succeeded().Text, Is.EqualTo(tree.InTree("sha256sum etc/.hidden etc/a.conf usr/bin/t*").Text));
    }

    [Test]
    public void An_algorithm_that_is_none_is_refused()
    {
        ToolResult said = ImageFsProgram.Run("sums", "-a", "crc", TestImages.Get("sample"));
        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain("md5, sha1, sha256, sha384, sha512"));
    }

    [Test]
    public void A_damaged_file_has_no_sum()
    {
        using var folder = new TestFolder();
        DamagedSquashFs.Make(folder);
        ToolResult said = ImageFsProgram.Run("sums", folder["image"]);
        string[] lines = said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain("./b: "));
        Assert.That(lines.Select(line => line[^1..]), Is.EqualTo(new[] { "a", "c" }));
        Assert.That(lines[1], Is.EqualTo(Tool.Shell("cd $1/t && sha256sum ./c", folder.Path).Text.TrimEnd()));
    }
}
