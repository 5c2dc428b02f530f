using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.RegularExpressions;
using ImageFs.FileSystems.SquashFs;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.SquashFs;

/// <summary>Every version, in both byte orders, against unsquashfs; and what vendors made of them.</summary>
internal sealed class VersionTests
{
    [Test]
    public void A_version_is_what_unsquashfs_lists_and_unpacks([Values(1, 2, 3, 4)] int major, [Values] bool isBigEndian, [Values] bool isPlain)
    {
        if (major == 4 && isBigEndian)
        {
            // There is none.
            return;
        }

        int minor = major == 3 ? 1 : 0;
        var image = new SquashImage(major, minor, isBigEndian, isPlain);
        string folder = Directory.CreateTempSubdirectory("imagefs-test-").FullName;
        try
        {
            string file = Path.Combine(folder, "image");
            File.WriteAllBytes(file, image.Bytes);
            FileSystem files = image.Open();
            string[] expected = [.. Run("unsquashfs", "-q", "-lln", "-d", "root", file).Split('\n').Where(line => line.Contains("root", StringComparison.Ordinal)).Select(WithoutPadding).Order(StringComparer.Ordinal)];
            Assert.That(expected, Has.Length.EqualTo(SquashImage.ManyNames + 8));
            Assert.That(List(files, files.Root, "root").Order(StringComparer.Ordinal), Is.EqualTo(expected));
            Run("unsquashfs", "-q", "-n", "-no-xattrs", "-ignore-errors", "-d", Path.Combine(folder, "out"), file, "large", "small", "many");
            Assert.That(File.ReadAllBytes(Path.Combine(folder, "out/large")), Is.EqualTo(SquashImage.Large), "the writer is right");
            Assert.That(files.ReadFile("/large"), Is.EqualTo(SquashImage.Large));
            Assert.That(files.ReadFile("/many/name 0699"), Is.EqualTo(File.ReadAllBytes(Path.Combine(folder, "out/many/name 0699"))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Names_are_found_whatever_the_version([Values(1, 2, 3, 4)] int major)
    {
        FileSystem files = new SquashImage(major).Open();
        NodeId many = PathLookup.Find(files, "/many");
        for (int i = 0; i < SquashImage.ManyNames; i++)
        {
            Assert.That(files.TryLookup(many, System.Text.Encoding.ASCII.GetBytes($"name {i:D4}"), out _), Is.True, $"{i}");
        }

        foreach (string name in (string[])["name", "name 0700", "a", "z", "name 00000", "\u00FC"])
        {
            Assert.That(files.TryLookup(many, System.Text.Encoding.UTF8.GetBytes(name), out _), Is.False, name);
        }

        Assert.That(PathLookup.Find(files, "/many/.."), Is.EqualTo(files.Root));
    }

    [Test]
    public void A_directory_that_nobody_listed_has_its_parent([Values(1, 2, 3, 4)] int major)
    {
        var image = new SquashImage(major);
        NodeId many = PathLookup.Find(image.Open(), "/many");
        Assert.That(image.Open().TryLookup(many, ".."u8, out NodeId parent), Is.True);
        Assert.That(parent.Value, Is.EqualTo(image.Root));
    }

    [Test]
    public void A_sound_one_is_found_sound([Values(1, 2, 3, 4)] int major, [Values] bool isBigEndian)
    {
        if (major == 4 && isBigEndian)
        {
            return;
        }

        var findings = new List<Finding>();
        var image = new SquashImage(major, major == 3 ? 1 : 0, isBigEndian);
        foreach (Check check in image.Open().Checks.Structures)
        {
            check.Run!(new CheckRun(findings.Add, _ => { }));
        }

        Assert.That(findings, Is.Empty);
    }

    [TestCase("shsq", false)]
    [TestCase("qshs", true)]
    public void What_vendors_compress_with_lzma_is_read(string magic, bool isBigEndian)
    {
        var image = new SquashImage(3, 1, isBigEndian, magic: magic, compress: Lzma);
        FileSystem files = image.Open();
        Assert.That(files.ReadFile("/large"), Is.EqualTo(SquashImage.Large));
        Assert.That(files.ReadFile("/many/name 0001"), Is.EqualTo(SquashImage.Small));
    }

    [TestCase("hsqt", false, "DD-WRT")]
    [TestCase("tqsh", true, "DD-WRT")]
    [TestCase("sqlz", true, "LZMA")]
    public void Other_magic_numbers_of_vendors_are_named_with_their_version(string magic, bool isBigEndian, string vendor)
    {
        byte[] bytes = new SquashImage(3, 1, isBigEndian, magic: magic).Bytes;
        Assert.That(new SquashFsFormat().Probe(new MemorySource(bytes)), Is.True);
        Assert.That(
            () => new SquashFsFormat().Open(new MemorySource(bytes), new OpenContext()),
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("SquashFS 3.1").And.Message.Contains(vendor).And.Message.Contains(magic));
    }

    [TestCase(5, 0)]
    [TestCase(4, 1)]
    [TestCase(60000, 1)]
    public void A_version_that_is_not_known_is_named(int major, int minor)
    {
        byte[] bytes = new SquashImage(4).Bytes;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(28), (ushort)major);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(30), (ushort)minor);
        Assert.That(
            () => new SquashFsFormat().Open(new MemorySource(bytes), new OpenContext()),
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains($"SquashFS {major}.{minor}"));
    }

    // As unsquashfs -lln has a node: type and mode, owners, size or device, time, name.
    private static IEnumerable<string> List(FileSystem files, NodeId node, string path)
    {
        NodeAttributes attributes = files.GetAttributes(node);
        char type = attributes.Type switch
        {
            NodeType.Directory => 'd',
            NodeType.SymbolicLink => 'l',
            NodeType.BlockDevice => 'b',
            NodeType.Fifo => 'p',
            NodeType.Socket => 's',
            _ => '-',
        };
        string mode = string.Concat(Enumerable.Range(0, 9).Select(i => (attributes.Permissions >> (8 - i) & 1) != 0 ? "rwx"[i % 3] : '-'));
        string owner = $"{attributes.Uid}/{attributes.Gid}";
        string size = type == 'b' ? $"{attributes.Device.Major},{attributes.Device.Minor}" : $"{attributes.Size}";
        string time = DateTimeOffset.FromUnixTimeSeconds(attributes.ModifyTime.Seconds).ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        string target = type == 'l' ? $" -> {System.Text.Encoding.UTF8.GetString(files.ReadLink(node))}" : string.Empty;
        yield return $"{type}{mode} {owner} {size} {time} {path}{target}";
        if (type != 'd')
        {
            yield break;
        }

        foreach ((string name, NodeId child) in DirectoryContents.Read(files, node).Entries.Select(entry => (System.Text.Encoding.UTF8.GetString(entry.Name), entry.Node)))
        {
            foreach (string line in List(files, child, $"{path}/{name}"))
            {
                yield return line;
            }
        }
    }

    private static string WithoutPadding(string line) => Regex.Replace(Regex.Replace(line, " +", " "), ", *", ",");

    private static byte[] Lzma(byte[] bytes)
    {
        using var process = Process.Start(new ProcessStartInfo("xz", ["--format=lzma", "-c"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.BaseStream.Write(bytes);
        process.StandardInput.Close();
        using var result = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(result);
        process.WaitForExit();
        return result.ToArray();
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, Environment = { ["TZ"] = "UTC" } })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
