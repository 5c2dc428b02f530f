using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests.Program;

/// <summary>What <c>imagefs info</c> tells, against isoinfo, xorriso, sfdisk and blkid.</summary>
internal sealed partial class InfoTests
{
    [Test]
    public void The_volume_is_described_as_isoinfo_does(
        [Values("sample", "level1", "level4", "eltorito", "grub-rescue-cdrom", "memtest86+x64")] string name)
    {
        string image = TestImages.Get(name);
        IReadOnlyDictionary<string, string> expected = Isoinfo.Describe(image);
        JsonElement volume = Volume(Of(image));
        Assert.That(Text(volume, "volume"), Is.EqualTo(expected["Volume id"]));
        Assert.That(Text(volume, "data-preparer"), Is.EqualTo(expected["Data preparer id"]));
        Assert.That(Text(volume, "application"), Is.EqualTo(expected["Application id"]));
        Assert.That(Text(volume, "publisher"), Is.EqualTo(expected["Publisher id"]));
        Assert.That(Number(volume, "block-size"), Is.EqualTo(long.Parse(expected["Logical block size is"], CultureInfo.InvariantCulture)));
        Assert.That(Number(volume, "size"), Is.EqualTo(2048 * long.Parse(expected["Volume size is"], CultureInfo.InvariantCulture)));
    }

    [TestCase("gzip")]
    [TestCase("xz")]
    [TestCase("bzip2")]
    public void What_is_compressed_and_no_image_is_named_by_its_layer(string program)
    {
        using var folder = new TestFolder();
        Tool.Shell($"cd \"$1\" && head -c 100000 /dev/urandom | {program} >x", folder.Path).Succeeded();
        ToolResult info = ImageFsProgram.Run("info", "-s", folder["x"]).Succeeded();
        Assert.That(info.Text.Split('\n')[2], Does.Match($"─{program} +{program} +97.7 KiB +no known file system or partition table$"));
    }

    [TestCase("ubi", "truncate -s 1M x && printf 'UBI#' | dd of=x conv=notrunc status=none", "a UBI image", TestName = "Ubi_is_named")]
    [TestCase("swap", "truncate -s 1M x && mkswap x >/dev/null 2>&1", "swap space", TestName = "Swap_is_named")]
    public void What_is_recognised_but_not_read_is_named(string type, string script, string sentence)
    {
        using var folder = new TestFolder();
        Tool.Shell($"cd \"$1\" && {script}", folder.Path).Succeeded();
        string image = folder["x"];
        ToolResult info = ImageFsProgram.Run("info", "-s", image).Succeeded();
        Assert.That(info.Text.Split('\n')[1], Does.Match($"  {type}  .*{sentence}.* is not supported$"));
        Assert.That(Text(Of(image), "fstype"), Is.EqualTo(type));

        ToolResult listed = ImageFsProgram.Run("ls", image);
        Assert.That((listed.ExitCode, listed.Error.Contains(sentence, StringComparison.Ordinal)), Is.EqualTo((32, true)), listed.Error);
        ToolResult verified = ImageFsProgram.Run("verify", image);
        Assert.That((verified.ExitCode, verified.Text.Contains("sound", StringComparison.Ordinal)), Is.EqualTo((32, false)), verified.Text);
        Assert.That(verified.Text, Does.Contain("no file system could be checked").And.Contain(sentence));
    }

    [Test]
    public void A_disk_none_of_whose_partitions_is_known_is_not_sound()
    {
        Need.Program("sfdisk", "fdisk");
        using var folder = new TestFolder();
        Tool.Shell("cd \"$1\" && truncate -s 16M x && printf 'label: gpt\\nsize=4M\\nsize=4M\\n' | sfdisk -q x && mkswap -o 1048576 x >/dev/null 2>&1 || true", folder.Path).Succeeded();
        ToolResult said = ImageFsProgram.Run("verify", folder["x"]);
        Assert.That((said.ExitCode, said.Text.Contains("sound", StringComparison.Ordinal)), Is.EqualTo((32, false)), said.Text);
        Assert.That(said.Text, Does.Contain("2-unknown: file system (none is known)"));
    }

    [Test]
    public void An_image_of_nothing_known_is_a_failure()
    {
        ToolResult said = ImageFsProgram.Run("info", TestImages.Get("invalid/text"));
        Assert.That(said.ExitCode, Is.EqualTo(32));
        Assert.That(said.Text, Does.Contain("no known file system or partition table"));
    }

    [Test]
    public void The_label_and_uuid_are_those_of_blkid([Values("sample", "rockridge", "isohybrid", "grub-rescue-cdrom")] string name)
    {
        string image = TestImages.Get(name);
        JsonElement info = Of(image);
        Assert.That(Text(info, "label"), Is.EqualTo(Blkid.Value(image, "LABEL")));
        Assert.That(Text(info, "uuid"), Is.EqualTo(Blkid.Value(image, "UUID")));
        Assert.That(Text(info, "fstype"), Is.EqualTo(Blkid.Value(image, "TYPE")));
    }

    [Test]
    public void The_boot_entries_are_those_that_xorriso_reports([Values("eltorito", "isohybrid", "grub-rescue-cdrom", "memtest86+x64", "ipxe")] string name)
    {
        string image = TestImages.Get(name);
        string[] expected =
        [
            .. BootImage().Matches(Xorriso.Report(image, "-report_el_torito", "plain"))
                .Select(match => $"{match.Groups["platform"]} {match.Groups["bootable"]} {match.Groups["sectors"]} {match.Groups["lba"]}"),
        ];
        string[] told =
        [
            .. Descendants(Of(image)).Where(element => Text(element, "type") == "boot-image").Select(entry =>
                $"{XorrisoPlatform(Text(entry, "platform"))} {(entry.GetProperty("bootable").GetBoolean() ? "y" : "n")} {Number(entry, "sectors")} {Number(entry, "lba")}"),
        ];
        Assert.That(expected, Is.Not.Empty);
        Assert.That(told, Is.EqualTo(expected));
    }

    [Test]
    public void The_partitions_are_those_of_sfdisk([Values("isohybrid", "appended", "grub-rescue-cdrom", "memtest86+x64")] string name)
    {
        string image = TestImages.Get(name);
        Sfdisk.Table expected = Sfdisk.Read(image);
        JsonElement info = Of(image);
        Assert.That(Text(info, "pttype"), Is.EqualTo(expected.Type));
        string[] told = [.. Partitions(info).Select(part => $"{Number(part, "start")} {Number(part, "size")} {Sfdisk.TypeOf(Text(part, "parttype"))}")];
        Assert.That(told, Is.EqualTo(expected.Partitions.Select(part => $"{part.Start} {part.Size} {part.Type}")));
    }

    [Test]
    public void A_multisession_image_has_the_number_of_sessions_that_xorriso_counts()
    {
        string image = TestImages.Get("multisession");
        int expected = Regex.Count(Xorriso.Report(image, "-toc"), "^ISO session", RegexOptions.Multiline);
        Assert.That(Number(Volume(Of(image)), "sessions"), Is.EqualTo(expected).And.EqualTo(2));
    }

    [Test]
    public void The_text_for_people_tells_the_same_facts()
    {
        string image = TestImages.Get("isohybrid");
        string text = ImageFsProgram.Run("info", image).Succeeded().Text;
        Assert.That(text, Does.Contain("ISOHYBRID").And.Contain("gpt").And.Contain("EFI boot partition").And.Contain("el-torito"));
    }

    [Test]
    public void The_table_has_a_row_for_each_partition_in_the_shape_of_lsblk()
    {
        using var folder = new TestFolder();
        string image = folder["disk.img"];
        Tool.Shell("truncate -s 14M \"$1\" && printf 'label: gpt\\nstart=2048,size=8192\\nstart=12288,size=8192,name=spare\\n' | sfdisk -q \"$1\"", image).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-L", "first", "-E", "offset=1048576", image, "4M").Succeeded();
        string uuid = Tool.Run("blkid", "-p", "-o", "value", "-s", "UUID", "-O", "1048576", image).Succeeded().Text.Trim();

        string[] lines = ImageFsProgram.Run("info", "--short", image).Succeeded().Text.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(lines[0], Does.Match("^NAME +TYPE +START +SIZE +FSTYPE +LABEL +UUID$"));
        Assert.That(lines[1], Does.Match("^disk.img +file +14 MiB +gpt$"));
        Assert.That(lines[2], Does.Match($"^├─1 +part +1 MiB +4 MiB +ext4 +first +{uuid}$"));
        Assert.That(lines[3], Does.Match("^└─2 +part +6 MiB +4 MiB +spare +no known file system$"));
        Assert.That(ImageFsProgram.Run("info", image).Succeeded().Text, Does.StartWith(string.Join('\n', lines)).And.Contain("features"));
    }

    [TestCase("TERM=xterm", true)]
    [TestCase("TERM=xterm NO_COLOR=1", false)]
    [TestCase("TERM=dumb", false)]
    public void Colours_are_for_terminals_that_want_them(string environment, bool coloured)
    {
        string image = TestImages.Get("rockridge");
        string onTerminal = Tool.Run("env", [.. environment.Split(' '), "script", "-qec", $"{ImageFsProgram.Path} info {image}", "/dev/null"]).Succeeded().Text;
        Assert.That(onTerminal, Does.Contain("iso9660"));
        Assert.That(Regex.IsMatch(onTerminal, @"\e\[\d+m"), Is.EqualTo(coloured), onTerminal);
        Assert.That(ImageFsProgram.Run("info", image).Succeeded().Text, Does.Not.Contain("\e"), "a file");
    }

    [Test]
    public void What_is_no_image_is_described_by_its_size_alone()
    {
        ToolResult said = ImageFsProgram.Run("info", "--json", TestImages.Get("invalid/text"));
        Assert.That(said.ExitCode, Is.EqualTo(32));
        JsonElement info = JsonDocument.Parse(said.Text).RootElement.GetProperty("blockdevices")[0];
        Assert.That(Number(info, "size"), Is.EqualTo(100_000));
        Assert.That(info.TryGetProperty("fstype", out _), Is.False);
    }

    private static JsonElement Volume(JsonElement info) => Descendants(info).First(element => Text(element, "type") == "iso9660");

    private static string XorrisoPlatform(string platform) => platform switch
    {
        "x86" => "BIOS",
        "efi" => "UEFI",
        _ => platform,
    };

    [GeneratedRegex(@"^El Torito boot img :\s+\d+\s+(?<platform>\w+)\s+(?<bootable>[yn])\s+\S+\s+\S+\s+\S+\s+(?<sectors>\d+)\s+(?<lba>\d+)", RegexOptions.Multiline)]
    private static partial Regex BootImage();
}
