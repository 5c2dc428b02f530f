using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Arrays that mdadm made, mounted; and what is told of them and of other volumes, beside what their own tools tell.</summary>
[NonParallelizable]
internal sealed class MdTests
{
    private const int Limit = Limits.Test;
    private const int Sector = 512;
    private const int Chunk = 64 << 10;
    private const int MemberLength = 16 << 20;
    private const int FileLength = 24 << 20;

    // struct mdp_superblock_1 of version 1.2.
    private const int SuperBlock = 4096;
    private const int ChunkField = SuperBlock + 88;
    private const int DataOffsetField = SuperBlock + 128;
    private const int DataSizeField = SuperBlock + 136;
    private const int ChecksumField = SuperBlock + 216;
    private const int MaxDevicesField = SuperBlock + 220;

    [Test]
    [CancelAfter(Limit)]
    public void A_file_in_ext4_on_a_striped_array_is_spliced_from_its_members()
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        string[] members = MakeStriped(folder, out string source);
        var trace = new SpliceTrace(folder);
        using (var mount = ImageMount.MountInForeground(members[0], $"device={members[1]},part=md-raid0", awaitAnswer: true, trace.Wrapper))
        {
            Tool.Run("cmp", source, mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        foreach (string member in members)
        {
            Assert.That(trace.SplicedFrom(member), Is.GreaterThan(FileLength / 2 * 97L / 100), $"bytes that were spliced from {member}");
            Assert.That(trace.ReadFrom(member), Is.LessThan(FileLength / 50), $"bytes of {member} that were read: super blocks, inodes, directories");
            Assert.That(trace.CopiesFrom(member), Is.Empty);
        }

        using var both = ImageMount.Prepare(members[0]);
        ImageFsProgram.Run(["mount", .. members, both.Directory]).Succeeded();
        Tool.Run("cmp", source, both["data"]).Succeeded();
        (ToolResult said, bool mounted) = ImageMount.TryMount(members[1]);
        Assert.That((mounted, said.ExitCode), Is.EqualTo((false, 32)), said.Error);
        Assert.That(said.Error, Does.Contain("device=FILE"));
    }

    [TestCase("md-linear")]
    [TestCase("md-raid0")]
    [TestCase("md-raid1-0.90")]
    [TestCase("md-raid1-1.0")]
    [TestCase("md-raid1-1.1")]
    [TestCase("md-raid4")]
    [TestCase("md-raid5-la")]
    [TestCase("md-raid6-ddf-N-continue")]
    [TestCase("md-raid10-o2-3")]
    [TestCase("md-spare")]
    [CancelAfter(Limit)]
    public void Info_tells_what_mdadm_and_blkid_tell(string set)
    {
        Need.Program("mdadm", "mdadm");
        using var folder = new TestFolder();
        string[] members = Unpack(folder, set);
        JsonElement image = Info(members);
        JsonElement array = image.GetProperty("children")[0];
        Dictionary<string, string> examined = Words(Tool.Run("mdadm", "-E", "--export", members[0]).Succeeded().Text);
        Assert.That(Text(array, "level"), Is.EqualTo(examined["MD_LEVEL"]));
        Assert.That(Text(array, "raid-devices"), Is.EqualTo(examined["MD_DEVICES"]));
        Assert.That(Text(array, "uuid"), Is.EqualTo(examined["MD_UUID"]));
        Assert.That(Text(array, "events"), Is.EqualTo(examined["MD_EVENTS"]));
        Assert.That(!examined.TryGetValue("MD_NAME", out string? name) || Text(array, "name") == name);
        Assert.That(!examined.TryGetValue("MD_DEV_UUID", out string? device) || Text(array, "member-0").Contains(device, StringComparison.Ordinal));

        Dictionary<string, string> all = Colons(Tool.Run("env", "TZ=UTC", "LC_ALL=C", "mdadm", "-E", members[0]).Succeeded().Text);

        // What is exported of version 0.90 as MD_UPDATE_TIME is when the array was made.
        DateTime updated = array.GetProperty("updated").GetDateTimeOffset().UtcDateTime;
        Assert.That(string.Create(CultureInfo.InvariantCulture, $"{updated:ddd MMM} {updated.Day,2} {updated:HH:mm:ss yyyy}"), Is.EqualTo(all["Update Time"]));
        Assert.That(all["Version"], Does.StartWith(Text(array, "version")));
        Assert.That(all["State"], Is.EqualTo(Text(array, "state")));
        Assert.That(!all.TryGetValue("Chunk Size", out string? chunk) || chunk == $"{array.GetProperty("chunk-size").GetInt64() >> 10}K");
        Assert.That(!all.TryGetValue("Layout", out string? layout) || layout == Text(array, "layout"), layout);
        AssertAsBlkid(image, members[0]);
    }

    [TestCase("lvm-plain")]
    [TestCase("lvm-luks")]
    [TestCase("thin")]
    [CancelAfter(Limit)]
    public void Info_tells_of_physical_volumes_what_pvck_and_blkid_tell(string set)
    {
        Need.Program("pvck", "lvm2");
        using var folder = new TestFolder();
        string[] disks = Unpack(folder, set);
        JsonElement image = Info(disks);
        AssertAsBlkid(image, disks[0]);
        string text = Tool.Shell("LVM_SUPPRESS_FD_WARNINGS=1 pvck --dump metadata \"$1\" 2>/dev/null", disks[0]).Text;
        JsonElement group = image.GetProperty("children")[0];
        Assert.That(text, Does.Contain($"seqno = {Text(group, "sequence")}\n"));
        Assert.That(text, Does.Contain($"{Text(group, "name")} {{\nid = \"{Text(group, "uuid")}\"\n"));
        Assert.That(text, Does.Contain($"extent_size = {group.GetProperty("extent-size").GetInt64() / Sector}\n"));
    }

    // mdadm's own super blocks, with larger chunks and more data; and a file system put on the members by turns.
    private static string[] MakeStriped(TestFolder folder, out string source)
    {
        Need.Program("mdadm", "mdadm");
        string files = folder.CreateDirectory("files");
        source = Path.Combine(files, "data");
        Tool.Shell("seq -f 'line %.0f of a file with nothing but lines' 4000000 | head -c \"$2\" >\"$1\"", source, $"{FileLength}");
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", files, folder["fs.raw"], $"{2 * MemberLength >> 10}K").Succeeded();
        string[] members = Unpack(folder, "md-raid0");
        using FileStream from = File.OpenRead(folder["fs.raw"]);
        FileStream[] to = [.. members.Select(Enlarge)];
        byte[] chunk = new byte[Chunk];
        for (int i = 0; from.Position < from.Length; i++)
        {
            from.ReadExactly(chunk);
            to[i % 2].Write(chunk);
        }

        Array.ForEach(to, file => file.Dispose());
        foreach (string member in members)
        {
            Assert.That(Tool.Run("mdadm", "-E", member).Succeeded().Text, Does.Match("Checksum : [0-9a-f]+ - correct").And.Match("Chunk Size : 64K"));
        }

        return members;
    }

    // Gives the member where its data begins.
    private static FileStream Enlarge(string member)
    {
        var file = new FileStream(member, FileMode.Open);
        byte[] head = new byte[2 * SuperBlock];
        file.ReadExactly(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(ChunkField), Chunk / Sector);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(DataSizeField), MemberLength / Sector);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(ChecksumField), 0);
        int length = 256 + (2 * BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(MaxDevicesField)));
        ulong sum = 0;
        for (int at = 0; at < length; at += sizeof(uint))
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(SuperBlock + at));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(ChecksumField), unchecked((uint)sum + (uint)(sum >> 32)));
        file.Position = 0;
        file.Write(head);
        file.Position = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(DataOffsetField)) * Sector;
        return file;
    }

    private static void AssertAsBlkid(JsonElement image, string path)
    {
        Dictionary<string, string> probed = Words(Tool.Run("blkid", "-p", "-o", "export", path).Succeeded().Text);
        Assert.That(Text(image, "fstype"), Is.EqualTo(probed["TYPE"]));
        Assert.That(Text(image, "uuid"), Is.EqualTo(probed["UUID"]));
        Assert.That(Text(image, "label"), Is.EqualTo(probed.GetValueOrDefault("LABEL", string.Empty)));
    }

    private static JsonElement Info(string[] images)
    {
        using JsonDocument json = JsonDocument.Parse(ImageFsProgram.Run(["info", "--json", .. images]).Succeeded().Text);
        return json.RootElement.GetProperty("blockdevices")[0].Clone();
    }

    private static string[] Unpack(TestFolder folder, string set)
    {
        string disks = folder.CreateDirectory(set);
        Tool.Run("tar", "-xSf", Path.Combine(TestImages.Sources, "images", "volumes", $"{set}.tar.xz"), "-C", disks).Succeeded();
        return [.. Directory.GetFiles(disks, "*.img").Order(StringComparer.Ordinal)];
    }

    private static string Text(JsonElement element, string key) => element.TryGetProperty(key, out JsonElement value) ? value.ToString() : string.Empty;

    private static Dictionary<string, string> Words(string text) =>
        text.Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);

    private static Dictionary<string, string> Colons(string text) =>
        text.Split('\n').Select(line => line.Split(" : ", 2)).Where(pair => pair.Length == 2).DistinctBy(pair => pair[0].Trim()).ToDictionary(pair => pair[0].Trim(), pair => pair[1].Trim());
}
