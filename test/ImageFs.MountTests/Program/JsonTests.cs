using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>What <c>--json</c> prints, beside docs/json.md.</summary>
internal sealed partial class JsonTests
{
    // Whose keys are names of other things: of kinds of requests, errors and reasons.
    private static readonly string[] s_counts = ["replies", "reply_bytes", "fallbacks", "requests", "errors"];

    private TestFolder _folder = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Fuse();
        Need.Root();
        Need.Program("jq", "jq");
        _folder = new TestFolder();
        DamagedSquashFs.Make(_folder);
        const string Script = """
            cd "$1"; mkdir d; mkfifo d/p; mknod d/n c 1 3; ln -s p d/l; truncate -s 1M d/hole; echo x >d/f
            mke2fs -q -t ext4 -d d disk.img 8M; gzip -k disk.img
            """;
        Tool.Run("bash", "-ec", Script, "bash", _folder.Path).Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("ls, find", "find --json disk.img", true)]
    [TestCase("ls, find", "ls --json disk.img", true)]
    [TestCase("extents", "extents --json disk.img f", false)]
    [TestCase("extents", "extents --json disk.img hole", false)]
    [TestCase("extents", "extents --json sound b", false)]
    [TestCase("verify", "verify --json disk.img", false)]
    [TestCase("verify", "verify --json image", false)]
    [TestCase("mounts", "mounts --json", true)]
    [TestCase("stats", "stats --json disk", false)]
    [TestCase("doctor", "doctor --json", true)]
    public void The_keys_are_those_of_the_document(string section, string command, bool isWhole)
    {
        const string Script = "cd \"$1\"; \"$2\" mount disk.img.gz >&2; cat disk/f >&2; \"$2\" $3; \"$2\" umount disk >&2; true";
        string text = Tool.Run("bash", "-c", Script, "bash", _folder.Path, ImageFsProgram.Path, command).Succeeded().Text;
        using var json = JsonDocument.Parse(text);
        string[] keys = [.. KeysOf(json.RootElement).Distinct()];
        string[] documented = KeysOf(section);
        Assert.That(keys, Is.Not.Empty.And.SubsetOf(documented));
        Assert.That(isWhole ? documented : [], Is.SubsetOf(keys));
    }

    [Test]
    public void The_documents_line_of_jq_works()
    {
        string line = File.ReadLines(Path.Combine(TestImages.Sources, "docs/json.md")).Single(line => line.StartsWith("    imagefs", StringComparison.Ordinal)).Trim();
        string command = line.Replace("imagefs", $"'{ImageFsProgram.Path}'", StringComparison.Ordinal).Replace("*.conf", "hole", StringComparison.Ordinal);
        Assert.That(Tool.Run("bash", "-o", "pipefail", "-c", $"cd '{_folder.Path}'; {command}").Succeeded().Text, Is.EqualTo("./hole\n"));
    }

    private static IEnumerable<string> KeysOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject()
            .SelectMany(member => s_counts.Contains(member.Name) ? [member.Name] : KeysOf(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(KeysOf),
        _ => [],
    };

    private static string[] KeysOf(string section)
    {
        string text = File.ReadAllText(Path.Combine(TestImages.Sources, "docs/json.md"));
        string part = text.Split("\n## ").Single(part => part.StartsWith(section + "\n", StringComparison.Ordinal));
        return [.. Key().Matches(part).Select(match => match.Groups[1].Value).Distinct()];
    }

    [GeneratedRegex("`([a-z0-9_-]+)`")]
    private static partial Regex Key();
}
