using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What <c>imagefs info</c> tells, against isoinfo, xorriso, sfdisk and blkid.</summary>
internal sealed partial class InfoTests
{
    private const int SectorSize = 512;

    [Test]
    public void The_volume_is_described_as_isoinfo_does(
        [Values("sample", "level1", "level4", "eltorito", "grub-rescue-cdrom", "memtest86+x64")] string name)
    {
        string image = TestImages.Get(name);
        IReadOnlyDictionary<string, string> expected = Isoinfo.Describe(image);
        JsonElement volume = Volume(Info(image));
        Assert.That(Text(volume, "volume"), Is.EqualTo(expected["Volume id"]));
        Assert.That(Text(volume, "data-preparer"), Is.EqualTo(expected["Data preparer id"]));
        Assert.That(Text(volume, "application"), Is.EqualTo(expected["Application id"]));
        Assert.That(Text(volume, "publisher"), Is.EqualTo(expected["Publisher id"]));
        Assert.That(Number(volume, "block-size"), Is.EqualTo(long.Parse(expected["Logical block size is"], CultureInfo.InvariantCulture)));
        Assert.That(Number(volume, "size"), Is.EqualTo(2048 * long.Parse(expected["Volume size is"], CultureInfo.InvariantCulture)));
    }

    [Test]
    public void The_label_and_uuid_are_those_of_blkid([Values("sample", "rockridge", "isohybrid", "grub-rescue-cdrom")] string name)
    {
        Need.Program("blkid", "util-linux");
        string image = TestImages.Get(name);
        JsonElement info = Info(image);
        Assert.That(Text(info, "label"), Is.EqualTo(Blkid(image, "LABEL")));
        Assert.That(Text(info, "uuid"), Is.EqualTo(Blkid(image, "UUID")));
        Assert.That(Text(info, "fstype"), Is.EqualTo(Blkid(image, "TYPE")));
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
            .. Descendants(Info(image)).Where(element => Text(element, "type") == "boot-image").Select(entry =>
                $"{XorrisoPlatform(Text(entry, "platform"))} {(entry.GetProperty("bootable").GetBoolean() ? "y" : "n")} {Number(entry, "sectors")} {Number(entry, "lba")}"),
        ];
        Assert.That(expected, Is.Not.Empty);
        Assert.That(told, Is.EqualTo(expected));
    }

    [Test]
    public void The_partitions_are_those_of_sfdisk([Values("isohybrid", "appended", "grub-rescue-cdrom", "memtest86+x64")] string name)
    {
        Need.Program("sfdisk", "fdisk");
        string image = TestImages.Get(name);
        using var json = JsonDocument.Parse(Tool.Run("sfdisk", "-J", image).Succeeded().Text);
        JsonElement table = json.RootElement.GetProperty("partitiontable");
        JsonElement info = Info(image);
        Assert.That(Text(info, "pttype"), Is.EqualTo(Text(table, "label")));
        string[] expected =
        [
            .. table.GetProperty("partitions").EnumerateArray().Select(part =>
                $"{SectorSize * Number(part, "start")} {SectorSize * Number(part, "size")} {TypeOf(Text(part, "type"))}"),
        ];
        string[] told =
        [
            .. info.GetProperty("children").EnumerateArray().Where(child => Text(child, "type") == "part").Select(part =>
                $"{Number(part, "start")} {Number(part, "size")} {TypeOf(Text(part, "parttype"))}"),
        ];
        Assert.That(told, Is.EqualTo(expected));
    }

    [Test]
    public void A_multisession_image_has_the_number_of_sessions_that_xorriso_counts()
    {
        string image = TestImages.Get("multisession");
        int expected = Regex.Count(Xorriso.Report(image, "-toc"), "^ISO session", RegexOptions.Multiline);
        Assert.That(Number(Volume(Info(image)), "sessions"), Is.EqualTo(expected).And.EqualTo(2));
    }

    [Test]
    public void The_text_for_people_tells_the_same_facts()
    {
        string image = TestImages.Get("isohybrid");
        string text = ImageFsProgram.Run("info", image).Succeeded().Text;
        Assert.That(text, Does.Contain("ISOHYBRID").And.Contain("gpt").And.Contain("EFI boot partition").And.Contain("el-torito"));
    }

    [Test]
    public void What_is_no_image_is_described_by_its_size_alone()
    {
        JsonElement info = Info(TestImages.Get("invalid/text"));
        Assert.That(Number(info, "size"), Is.EqualTo(100_000));
        Assert.That(info.TryGetProperty("fstype", out _), Is.False);
    }

    private static JsonElement Info(string image)
    {
        using var json = JsonDocument.Parse(ImageFsProgram.Run("info", "--json", image).Succeeded().Text);
        return json.RootElement.GetProperty("blockdevices")[0].Clone();
    }

    private static JsonElement Volume(JsonElement info) => Descendants(info).First(element => Text(element, "type") == "iso9660");

    private static IEnumerable<JsonElement> Descendants(JsonElement element) =>
        element.TryGetProperty("children", out JsonElement children)
            ? children.EnumerateArray().SelectMany(child => Descendants(child).Prepend(child))
            : [];

    // A fact that an image does not have is not told; isoinfo shows it empty.
    private static string Text(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement value) ? value.GetString() ?? string.Empty : string.Empty;

    private static long Number(JsonElement element, string key) => element.GetProperty(key).GetInt64();

    private static string Blkid(string image, string key) =>
        Tool.Run("blkid", "-p", "-o", "value", "-s", key, image).Succeeded().Text.TrimEnd('\n');

    private static string XorrisoPlatform(string platform) => platform switch
    {
        "x86" => "BIOS",
        "efi" => "UEFI",
        _ => platform,
    };

    // sfdisk writes a GUID in capitals; an MBR type is a number, with and without 0x and zeros in front.
    private static string TypeOf(string type)
    {
        return type.Contains('-', StringComparison.Ordinal) ? type.ToLowerInvariant() : $"{Convert.ToInt32(type, 16):x}";
    }

    [GeneratedRegex(@"^El Torito boot img :\s+\d+\s+(?<platform>\w+)\s+(?<bootable>[yn])\s+\S+\s+\S+\s+\S+\s+(?<sectors>\d+)\s+(?<lba>\d+)", RegexOptions.Multiline)]
    private static partial Regex BootImage();
}
