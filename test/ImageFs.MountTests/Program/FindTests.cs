using System.Text.Json;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs find</c>: the answers of find(1).</summary>
internal sealed class FindTests
{
    [TestCase("")]
    [TestCase("-type f")]
    [TestCase("-type d,l")]
    [TestCase("-type p")]
    [TestCase("-size +1M")]
    [TestCase("-size -2")]
    [TestCase("-size 1 -type f")]
    [TestCase("-size 3000000c")]
    [TestCase("-size +2929k -size -6000k")]
    [TestCase("-name *.conf")]
    [TestCase("-name [[:lower:]]*2")]
    [TestCase("-name [!a-y]*")]
    [TestCase("-name ?")]
    [TestCase("-name *d*.c*f")]
    [TestCase("-iname TR*")]
    [TestCase("-path ./etc/*")]
    [TestCase("-path *c*d*")]
    [TestCase("-perm -4000")]
    [TestCase("-perm 755")]
    [TestCase("-perm /111")]
    [TestCase("-empty")]
    [TestCase("-newer etc/a.conf -type f")]
    [TestCase("-newermt 2001-02-04")]
    [TestCase("-mtime +100")]
    [TestCase("-mtime -2 -name lost*")]
    [TestCase("-maxdepth 1")]
    [TestCase("-maxdepth 0")]
    [TestCase("-mindepth 2 -type f,l")]
    public void Every_test_finds_what_find_does(string test)
    {
        using var tree = new ScriptTree();
        string[] words = test.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string expected = tree.InTree($"set -f; find . {test} -print0 | LC_ALL=C sort -z | tr '\\0' '\\1'").Text;
        string found = Tool.Run("bash", ["-c", "\"$@\" | LC_ALL=C sort -z | tr '\\0' '\\1'", "bash", ImageFsProgram.Path, "find", "-print0", .. words, tree.Image]).Succeeded().Text;

        Assert.That(found, Is.EqualTo(expected));
        Assert.That(expected, Does.Contain('\u0001'), "a test that nothing meets shows nothing");
    }

    [Test]
    public void Paths_are_called_as_they_are_given()
    {
        using var tree = new ScriptTree();
        Assert.That(
            ImageFsProgram.Run("find", tree.Image, "etc", "usr/bin/", "usr/*/l*").Succeeded().Text.Split('\n').Order(StringComparer.Ordinal),
            Is.EqualTo(tree.InTree("find etc usr/bin/ usr/*/l*").Text.Split('\n').Order(StringComparer.Ordinal)));
    }

    [Test]
    public void Json_tells_what_stat_does()
    {
        using var tree = new ScriptTree();
        using var json = JsonDocument.Parse(ImageFsProgram.Run("find", "--json", tree.Image, "etc/a.conf", "usr/bin/link").Succeeded().Text);
        JsonElement[] files = [.. json.RootElement.GetProperty("files").EnumerateArray()];

        Assert.That(files.Select(file => file.GetProperty("path").GetString()), Is.EqualTo(new[] { "etc/a.conf", "usr/bin/link" }));
        Assert.That(files[0].GetProperty("mtime").GetString(), Is.EqualTo("2001-02-03T04:05:06.789000000Z"));
        Assert.That(files[0].GetProperty("mode").GetString(), Is.EqualTo("0644"));
        Assert.That(files[0].GetProperty("size").GetInt64(), Is.EqualTo(2));
        Assert.That(files[1].GetProperty("type").GetString(), Is.EqualTo("link"));
        Assert.That(files[1].GetProperty("target").GetString(), Is.EqualTo("tr"));
    }

    [TestCase("-size", "12q", "-size 12q")]
    [TestCase("-type", "x", "-type x")]
    [TestCase("-perm", "9", "-perm 9")]
    [TestCase("-newermt", "tomorrowish", "-newermt")]
    [TestCase("-mtime", "+x", "-mtime")]
    public void A_test_that_is_none_is_refused(string option, string value, string message)
    {
        ToolResult said = ImageFsProgram.Run("find", option, value, TestImages.Get("sample"));
        Assert.That(said.ExitCode, Is.EqualTo(1), said.Error);
        Assert.That(said.Error, Does.Contain(message));
    }

    [Test]
    public void What_is_not_there_is_told_and_the_rest_found()
    {
        using var tree = new ScriptTree();
        ToolResult said = ImageFsProgram.Run("find", tree.Image, "missing", "no*", "etc/a.conf");
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Contain("missing").And.Contain("no*: nothing matches"));
        Assert.That(said.Text, Is.EqualTo("etc/a.conf\n"));
    }
}
