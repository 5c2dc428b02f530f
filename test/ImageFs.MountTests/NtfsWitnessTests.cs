using System.Globalization;
using System.Text;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>NTFS beside readers that are no file systems of Linux: Sleuth Kit, ntfsls and ntfscat, 7-Zip. Of each, all names that it tells.</summary>
internal sealed class NtfsWitnessTests
{
    private const string MetadataMark = "/$";

    // Sleuth Kit shows names of index records that are free, takes no file that is larger than its volume, and no time before 1970.
    private const string Large = "/holes";
    private static readonly string[] s_emptied = ["all-gone/", "gaps/"];

    // 7-Zip unpacks none that has clusters and holes.
    private static readonly string[] s_withHoles = ["hole", "holes", "shrunk", "extents"];

    private ImageMount _mount = null!;
    private TreeListing _tree = null!;
    private TestFolder _folder = null!;

    private static string Image => TestImages.Get("ntfs/small");

    private IEnumerable<TreeEntry> Files => _tree.Entries.Where(entry => entry.IsFile);

    [OneTimeSetUp]
    public void Mount()
    {
        _folder = new TestFolder();

        // A copy: ntfsls and ntfscat take no image that is mounted.
        File.Copy(Image, _folder["mounted.img"]);
        _mount = ImageMount.Mount(_folder["mounted.img"]);
        _tree = _mount.List();
        Assert.That(Files.Count(), Is.GreaterThan(500));
    }

    [OneTimeTearDown]
    public void Unmount()
    {
        _mount?.Dispose();
        _folder?.Dispose();
    }

    [Test]
    public void Names_sizes_and_times_are_those_of_Sleuth_Kit()
    {
        Need.Program("fls", "sleuthkit");

        // md5|name|inode-type-id|mode|uid|gid|size|atime|mtime|ctime|crtime, a line for each attribute with contents and each name.
        var told = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string line in Lines(Tool.Run("fls", "-r", "-p", "-u", "-m", "/", Image).Succeeded().Text))
        {
            string[] words = line.Split('|');
            string path = string.Join('|', words[1..^9]);
            if (words[^8][0] == 'r' && !path.StartsWith(MetadataMark, StringComparison.Ordinal) && !path.EndsWith(" ($FILE_NAME)", StringComparison.Ordinal))
            {
                string[] times = words[^4..];
                told.Add(string.Join(' ', [Quote(path[1..]), words[^9].Split('-')[0], words[^5], .. times]));
            }
        }

        string[] wrong = [.. Files.Where(entry => entry.Path == Large || SecondsOf(entry, "btime") < 0).Select(entry => entry.Path[1..])];
        Assert.That(wrong, Has.Length.EqualTo(5));
        told.RemoveWhere(line => wrong.Contains(line.Split(' ')[0]));
        told.RemoveWhere(line => s_emptied.Any(line.StartsWith) && !_tree.Contains($"/{line.Split(' ')[0]}"));

        // It has a circumflex where a control character is, and counts seconds in 32 bits.
        Assert.That(told, Is.EquivalentTo(Files.Where(entry => !wrong.Contains(entry.Path[1..])).Select(entry => string.Join(
            ' ',
            [
                Quote(new string([.. PathOf(entry).Select(letter => letter < ' ' ? '^' : letter)])), entry["ino"]!, entry["size"]!,
                .. new[] { "atime", "mtime", "ctime", "btime" }.Select(time => $"{(uint)(SecondsOf(entry, time) & uint.MaxValue)}"),
            ]))));
    }

    [TestCase("icat", "sleuthkit", "icat \"$1\" \"$i\"")]
    [TestCase("ntfscat", "ntfs-3g", "ntfscat -q -i \"$i\" \"$1\"")]
    public void Contents_are_those_that_others_read(string program, string package, string command)
    {
        Need.Program(program, package);
        Dictionary<string, string> expected = Files.Where(entry => entry["size"] != "0" && (program != "icat" || entry.Path != Large)).DistinctBy(entry => entry["ino"]).ToDictionary(entry => entry["ino"]!, entry => entry["sha256"]!);
        Assert.That(expected, Has.Count.GreaterThan(60));
        string script = $"image=$1; shift; set -- \"$image\" \"$@\"; for i in $2; do printf '%s ' \"$i\"; {command} | sha256sum; done";
        string[] told = Lines(Tool.Shell(script, Image, string.Join(' ', expected.Keys)).Succeeded().Text);
        Assert.That(told.Select(line => line.Split(' ')).Select(words => $"{words[0]} {words[1]}"), Is.EquivalentTo(expected.Select(pair => $"{pair.Key} {pair.Value}")));
    }

    [Test]
    public void Names_are_those_of_ntfsls()
    {
        Need.Program("ntfsls", "ntfs-3g");
        var told = new List<string>();
        string folder = string.Empty;
        foreach (string line in Lines(Tool.Run("ntfsls", "-R", Image).Succeeded().Text))
        {
            if (line.StartsWith('/') && line.EndsWith(':'))
            {
                folder = line[..^1].TrimEnd('/');
            }
            else if (line is not ("." or ".."))
            {
                told.Add(Quote($"{folder}/{line}"[1..]));
            }
        }

        Assert.That(told, Is.EquivalentTo(_tree.Entries.Where(entry => entry.Path != "/").Select(entry => Quote(PathOf(entry)))));
    }

    [Test]
    public void Names_sizes_and_times_to_100_ns_are_those_of_7_Zip()
    {
        Need.Program("7zz", "7zip");
        string[] told =
        [
            .. from item in Tool.Run("7zz", "l", "-slt", "-ba", Image).Succeeded().Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
               let facts = item.Split('\n').Where(line => line.Contains(" = ", StringComparison.Ordinal)).Select(line => line.Split(" = ", 2)).ToDictionary(pair => pair[0], pair => pair[1])
               where facts["Folder"] == "-" && facts["Alternate Stream"] == "-" && !facts["Path"].StartsWith('[')
               select string.Join(' ', Quote(facts["Path"]), facts["iNode"], facts["Size"], facts["Modified"], facts["Created"], facts["Metadata Changed"]),
        ];

        // It has an underscore for a backslash.
        Assert.That(told, Is.EquivalentTo(Files.Select(entry => string.Join(
            ' ',
            [Quote(PathOf(entry).Replace('\\', '_')), entry["ino"]!, entry["size"]!, .. new[] { "mtime", "btime", "ctime" }.Select(time => Written(entry[time]!))]))));
    }

    [Test]
    public void Contents_are_those_that_7_Zip_unpacks()
    {
        Need.Program("7zz", "7zip");
        string[] names = [.. Files.Select(PathOf).Where(path => !path.Contains('/')).Except(s_withHoles)];
        Assert.That(names, Has.Length.GreaterThan(14));
        Tool.Run("7zz", ["x", "-bd", $"-o{_folder["out"]}", Image, .. names]).Succeeded();
        string[] told = Lines(Tool.Shell("cd \"$1\" && sha256sum *", _folder["out"]).Succeeded().Text);
        Assert.That(told, Is.EquivalentTo(names.Select(name => $"{_tree[$"/{name}"]["sha256"]}  {name}")));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string PathOf(TreeEntry entry) => Encoding.UTF8.GetString(TreeListing.Unescape(entry.Path[1..]));

    private static string Quote(string path) => TreeListing.Escape(Encoding.UTF8.GetBytes(path));

    private static long SecondsOf(TreeEntry entry, string time) => long.Parse(entry[time]!.Split('.')[0], CultureInfo.InvariantCulture);

    // As 7-Zip writes a time: with the seven digits that NTFS records, and none where all of them are zeros.
    private static string Written(string time)
    {
        string[] parts = time.Split('.');
        if (time == "-11644473600.000000000")
        {
            return string.Empty;
        }

        DateTime second = DateTime.UnixEpoch.AddSeconds(long.Parse(parts[0], CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{second:yyyy-MM-dd HH:mm:ss}.{parts[1][..7]}");
    }
}
