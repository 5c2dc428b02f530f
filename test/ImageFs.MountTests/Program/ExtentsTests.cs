using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs extents</c>: the bytes lie where it says.</summary>
internal sealed partial class ExtentsTests
{
    private const int Blocks = 64;
    private const int BlockSize = 4096;

    private readonly TestFolder _folder = new();
    private byte[] _contents = [];

    [OneTimeSetUp]
    public void MakeDisk()
    {
        // Every second block is a hole.
        _contents = new byte[Blocks * BlockSize];
        for (int block = 0; block < Blocks; block += 2)
        {
            new Random(block).NextBytes(_contents.AsSpan(block * BlockSize, BlockSize));
        }

        _folder.CreateDirectory("tree");
        File.WriteAllBytes(_folder["tree/holes"], _contents);
        Tool.Shell("truncate -s 12M $1 && printf 'label: gpt\\nstart=2048, size=16384\\n' | sfdisk -q $1", _folder["disk"]).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-b", $"{BlockSize}", "-d", _folder["tree"], "-E", "offset=1048576", _folder["disk"], "8M").Succeeded();
        Tool.Run("split", "-b", "1000000", "-d", "-a", "3", "--numeric-suffixes=1", _folder["disk"], _folder["disk."]).Succeeded();
    }

    [OneTimeTearDown]
    public void RemoveDisk() => _folder.Dispose();

    [TestCase("disk", "volume")]
    [TestCase("disk.001", "volume", "split")]
    public void The_bytes_are_where_each_layer_says(string image, params string[] between)
    {
        using JsonDocument json = Ask(_folder[image], "/holes");
        JsonElement[] layers = [.. json.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.That(json.RootElement.GetProperty("size").GetInt64(), Is.EqualTo(_contents.Length));
        Assert.That(layers, Has.Length.EqualTo(between.Length + 1));
        for (int i = 0; i < between.Length; i++)
        {
            Assert.That(Mapped(layers[i]).Select(extent => extent.GetProperty("in").GetString()).Distinct(), Is.EqualTo((string[])[between[i]]));
        }

        byte[] read = new byte[_contents.Length];
        foreach (JsonElement extent in Mapped(layers[^1]))
        {
            using FileStream file = File.OpenRead(extent.GetProperty("in").GetString()!);
            file.Position = extent.GetProperty("address").GetInt64();
            file.ReadExactly(read.AsSpan((int)extent.GetProperty("offset").GetInt64(), (int)extent.GetProperty("length").GetInt64()));
        }

        Assert.That(read.AsSpan().SequenceEqual(_contents), Is.True);
        Assert.That(layers[^1].EnumerateArray().Sum(extent => extent.GetProperty("length").GetInt64()), Is.EqualTo(_contents.Length));
        Assert.That(layers[^1].EnumerateArray().Count(extent => extent.GetProperty("kind").GetString() == "hole"), Is.EqualTo(Blocks / 2));
    }

    [Test]
    public void It_says_what_debugfs_says()
    {
        // A line for each leaf: level, entry, logical and physical blocks from and to, length.
        string said = Tool.Run("debugfs", "-R", "dump_extents -l /holes", $"{_folder["disk"]}?offset=1048576").Succeeded().Text;
        string[] expected = [.. LeafLine().Matches(said).Select(leaf => leaf.Groups[1].Value)];
        using JsonDocument json = Ask(_folder["disk"], "holes");
        string[] blocks = [.. Mapped(json.RootElement.GetProperty("layers")[0]).Select(extent => $"{extent.GetProperty("address").GetInt64() / BlockSize}")];

        Assert.That(expected, Has.Length.EqualTo(Blocks / 2));
        Assert.That(blocks, Is.EqualTo(expected));
    }

    [Test]
    public void Without_a_path_it_tells_of_the_volume()
    {
        using JsonDocument json = JsonDocument.Parse(ImageFsProgram.Run("extents", "--json", "-o", "part=1", _folder["disk"]).Succeeded().Text);
        JsonElement extent = json.RootElement.GetProperty("layers")[0][0];

        Assert.That(extent.GetProperty("address").GetInt64(), Is.EqualTo(1 << 20));
        Assert.That(extent.GetProperty("length").GetInt64(), Is.EqualTo(8 << 20));
    }

    [Test]
    public void On_a_terminal_the_place_is_marked()
    {
        string shown = Tool.Run("script", "-qec", $"stty cols 64; {ImageFsProgram.Path} extents {_folder["disk"]} holes", "/dev/null").Succeeded().Text;
        string[] lines = [.. shown.Split('\n').Select(line => line.TrimEnd('\r'))];

        int map = Array.FindIndex(lines, line => line.Contains("a cell", StringComparison.Ordinal));
        Assert.That(map, Is.Positive);
        Assert.That(lines[(map + 1)..].TakeWhile(line => line.Length > 0).Select(line => line.Length), Is.All.EqualTo(64));
        Assert.That(string.Concat(lines[(map + 1)..]), Does.Match("^·+[▒█]+·+$"));
        Assert.That(ImageFsProgram.Run("extents", _folder["disk"], "holes").Succeeded().Text, Does.Not.Contain("a cell"));
    }

    [TestCase("missing", "No such file or directory")]
    [TestCase("lost+found", "Is a directory (name a file in it; without a path the whole volume is shown)")]
    [TestCase("holes/below", "Not a directory")]
    public void What_has_no_extents_is_an_error(string path, string reason)
    {
        ToolResult said = ImageFsProgram.Run("extents", _folder["disk"], path);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.StartWith("imagefs: ").And.Contain(path).And.Contain(reason).IgnoreCase);
    }

    private static JsonDocument Ask(string image, string path) =>
        JsonDocument.Parse(ImageFsProgram.Run("extents", "--json", image, path).Succeeded().Text);

    private static IEnumerable<JsonElement> Mapped(JsonElement layer) =>
        layer.EnumerateArray().Where(extent => extent.GetProperty("kind").GetString() == "mapped");

    [GeneratedRegex(@"^\s*\d+/.*\s(\d+)(?:\s*-\s*\d+)?\s+1\s*$", RegexOptions.Multiline)]
    private static partial Regex LeafLine();
}
