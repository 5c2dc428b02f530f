using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary><c>imagefs verify</c>: what it finds against what the formats' own checkers find.</summary>
internal sealed class VerifyTests
{
    private const int Limit = Limits.Test;
    private const int Sound = 0;
    private const int Damaged = 1;
    private const int NotRead = 32;

    private static readonly string[] s_images =
        [.. TestImages.Names(), .. TestImages.Names("ext"), .. TestImages.Names("fat"), .. TestImages.Names("exfat"), .. TestImages.Names("udf")];

    // Other readers pass over what is odd in these too: entries of Rock Ridge that end early, a flag that the root's own record contradicts.
    private static readonly string[] s_harmless = ["invalid/entry-length-zero", "invalid/entry-past-record", "invalid/root-is-a-file"];

    // Nothing in them says what they are.
    private static readonly string[] s_nothing = ["invalid/cut-before-descriptors", "invalid/empty", "invalid/no-descriptors", "invalid/text"];

    // As far as anybody knows, these are sound: of a version or with a feature that is not read, and with an extent larger than Linux takes.
    private static readonly string[] s_unsupported = ["invalid/squashfs-version", "invalid/erofs-feature", "invalid/erofs-bomb"];

    [Test]
    [CancelAfter(Limit)]
    public void A_sound_image_of_every_format_is_sound([ValueSource(nameof(s_images))] string name)
    {
        ToolResult said = Verify(TestImages.Get(name));
        Assert.That((said.ExitCode, said.Error), Is.EqualTo((Sound, "")), said.Text);
        Assert.That(said.Text, Does.Contain(": sound; checked: ").And.Contain("reading (").And.Contain("files ("));
        Assert.That(said.Text.Count(c => c == '\n'), Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_wrong_with_an_image_is_found([ValueSource(nameof(Invalid))] string name)
    {
        ToolResult said = Verify(TestImages.Get(name));
        bool isSound = name.EndsWith("good", StringComparison.Ordinal) || s_harmless.Contains(name);
        Assert.That(said.ExitCode, Is.EqualTo(isSound ? Sound : s_nothing.Contains(name) || s_unsupported.Contains(name) ? NotRead : Damaged), $"{said.Text}{said.Error}");
        if (said.ExitCode == Damaged)
        {
            Assert.That(said.Text, Does.Match(": damaged, [0-9]+ finding"));
        }
        else if (s_unsupported.Contains(name))
        {
            Assert.That(said.Text, Does.Contain("not supported: "));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_implanted_MD5_is_checked_as_checkisomd5_does()
    {
        Need.Program("implantisomd5", "isomd5sum");
        using var folder = new TestFolder();
        string image = MakeIso(folder);
        Assert.That(Open(Verify(image).Text), Does.Contain("implanted MD5 (there is none)"));
        Tool.Run("implantisomd5", image).Succeeded();
        AssertSame(image, Sound);
        Assert.That(Done(Verify(image).Text), Does.Contain("implanted MD5"));

        Flip(image, new FileInfo(image).Length / 2);
        AssertSame(image, Damaged);
        Assert.That(Verify(image).Text, Does.Contain("primary volume descriptor at 0x8000: the implanted MD5 is "));
        Flip(image, new FileInfo(image).Length / 2);

        // What it leaves out: its own place, and the sectors at the end.
        Flip(image, 0x8000 + 883 + 400);
        Flip(image, new FileInfo(image).Length - 1);
        AssertSame(image, Sound);

        File.WriteAllBytes(image, File.ReadAllBytes(image)[..0x80000]);
        AssertSame(image, Damaged);
    }

    [TestCase(512 + 60, "GPT header at 0x200")]
    [TestCase(1024 + 5, "GPT header at 0x200")]
    [TestCase(-512 + 60, "GPT backup header at 0xFFFE00")]
    [TestCase(-1024, "GPT backup header at 0xFFFE00")]
    [CancelAfter(Limit)]
    public void A_damaged_table_of_a_GPT_is_found_whichever_it_is(long place, string finding)
    {
        Need.Program("sfdisk", "fdisk");
        using var folder = new TestFolder();
        const string Script = "cd \"$1\" && truncate -s 16M x.img && printf 'label: gpt\\nsize=4M\\nsize=4M\\n' | sfdisk -q x.img && mke2fs -q -E offset=1048576 x.img 4M";
        Tool.Shell(Script, folder.Path).Succeeded();
        string image = folder["x.img"];
        ToolResult sound = Verify(image);
        Assert.That(sound.ExitCode, Is.EqualTo(Sound), sound.Text);
        Assert.That(Done(sound.Text), Does.Contain("GPT headers and entries (2), partitions (2)").And.Contain("1-ext2: ext2"));
        Assert.That(Open(sound.Text), Does.Contain("2-unknown: file system (none is known)"));

        Flip(image, place < 0 ? new FileInfo(image).Length + place : place);
        ToolResult said = Verify(image);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged));
        Assert.That(said.Text, Does.StartWith($"{finding}: ").And.Contain("checksum").And.Contain("(UEFI 5.3.2)\n"));
        Assert.That(said.Error, Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Partitions_that_overlap_are_found()
    {
        using var folder = new TestFolder();
        byte[] disk = new byte[16 << 20];
        foreach ((int entry, int start, int sectors) in ((int, int, int)[])[(0, 2048, 8192), (1, 8192, 4096)])
        {
            disk[446 + (16 * entry) + 4] = 0x83;
            BitConverter.GetBytes(start).CopyTo(disk, 446 + (16 * entry) + 8);
            BitConverter.GetBytes(sectors).CopyTo(disk, 446 + (16 * entry) + 12);
        }

        (disk[510], disk[511]) = (0x55, 0xAA);
        File.WriteAllBytes(folder["x.img"], disk);
        ToolResult said = Verify(folder["x.img"]);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged));
        Assert.That(said.Text, Does.StartWith("partition 2 at 0x400000: it begins inside of partition 1\n"));
    }

    [TestCase("super block", "echo $((1024 + 120))")]
    [TestCase("group descriptor", "echo $((4096 + 12))")]
    [TestCase("inode 12", "debugfs -R 'imap <12>' x.img 2>/dev/null | sed -n 's/.*located at block \\([0-9]*\\), offset 0x\\([0-9a-f]*\\).*/\\1 0x\\2/p' | { read b o; echo $((b * 4096 + o + 8)); }")]
    [TestCase("inode 8", "debugfs -R 'imap <8>' x.img 2>/dev/null | sed -n 's/.*located at block \\([0-9]*\\), offset 0x\\([0-9a-f]*\\).*/\\1 0x\\2/p' | { read b o; echo $((b * 4096 + o + 8)); }")]
    [TestCase("directory block", "echo $(($(debugfs -R 'blocks /d' x.img 2>/dev/null) * 4096 + 32))")]
    [TestCase("extent node", "echo $(($(debugfs -R 'ex /holes' x.img 2>/dev/null | awk '$1 == \"0/\" {print $(NF - 1)}') * 4096 + 44))")]
    [CancelAfter(Limit)]
    public void A_flipped_bit_in_metadata_of_ext4_is_found_as_e2fsck_finds_it(string structure, string place)
    {
        Need.Program("mke2fs", "e2fsprogs");
        using var folder = new TestFolder();
        const string Script =
            "cd \"$1\" && mkdir -p t/d && seq 9 >t/d/numbers && for i in $(seq 0 2 60); do printf x | dd of=t/holes bs=4096 seek=$i conv=notrunc status=none; done"
            + " && mke2fs -q -t ext4 -b 4096 -O metadata_csum,^uninit_bg -d t x.img 8M >/dev/null && eval \"$2\"";
        long address = long.Parse(Tool.Shell(Script, folder.Path, place).Succeeded().Text);
        string image = folder["x.img"];
        Assert.That((Verify(image).ExitCode, Tool.Run("e2fsck", "-fn", image).ExitCode), Is.EqualTo((Sound, 0)));

        Flip(image, address);
        ToolResult said = Verify(image);
        Assert.That(Tool.Run("e2fsck", "-fn", image).ExitCode, Is.Not.Zero);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text, Does.Contain(structure).And.Contain("checksum"));
    }

    [TestCase("rockridge")]
    [TestCase("udf/hd150-512")]
    [TestCase("ext/ext4")]
    [TestCase("fat/fat32")]
    [TestCase("exfat/filled")]
    [CancelAfter(Limit)]
    public void An_image_that_is_cut_short_is_called_that_first(string name)
    {
        using var folder = new TestFolder();
        byte[] whole = File.ReadAllBytes(TestImages.Get(name));
        File.WriteAllBytes(folder["x.img"], whole[..^(name is "rockridge" or "udf/hd150-512" ? whole.Length / 3 : 1024)]);
        ToolResult said = Verify(folder["x.img"]);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text, Does.Match($"^the volume has [0-9]+ bytes, the image only {new FileInfo(folder["x.img"]).Length}: it is cut short"));
        Assert.That(Tool.Run(ImageFsProgram.Path, "info", folder["x.img"]).Error, Does.Contain("it is cut short"));
    }

    [TestCase("crossed", "/TWO.TXT: extent at 0x")]
    [TestCase("copies", "FAT at 0x")]
    [TestCase("early", "/TWO.TXT: cluster chain at 0x")]
    [CancelAfter(Limit)]
    public void Chains_of_FAT_are_checked_as_fsck_checks_them(string damage, string finding)
    {
        Need.Program("fsck.fat", "dosfstools");
        using var folder = new TestFolder();
        const string Script = "cd \"$1\" && head -c 20000 /dev/zero >a && mkfs.fat -F 16 -s 1 -C x.img 8192 >/dev/null && mcopy -i x.img a ::ONE.TXT && mcopy -i x.img a ::TWO.TXT";
        Tool.Shell(Script, folder.Path).Succeeded();
        string image = folder["x.img"];
        Assert.That((Verify(image).ExitCode, Tool.Run("fsck.fat", "-n", image).ExitCode), Is.EqualTo((Sound, 0)));

        // Clusters 2 to 41 are the first file's, 42 to 81 the second's.
        byte[] bytes = File.ReadAllBytes(image);
        int table = BitConverter.ToUInt16(bytes, 14) * 512;
        int length = BitConverter.ToUInt16(bytes, 22) * 512;
        (int cluster, ushort next) = damage == "crossed" ? (60, (ushort)25) : (60, (ushort)0xFFFF);
        foreach (int copy in damage == "copies" ? (int[])[1] : [0, 1])
        {
            BitConverter.GetBytes(next).CopyTo(bytes, table + (copy * length) + (2 * cluster));
        }

        File.WriteAllBytes(image, bytes);
        ToolResult said = Verify(image);
        Assert.That(Tool.Run("fsck.fat", "-n", image).ExitCode, Is.Not.Zero);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text, Does.Contain(damage == "crossed" ? "/ONE.TXT: extent at 0x" : finding));
        if (damage == "crossed")
        {
            Assert.That(said.Text, Does.Contain("bytes also belong to /TWO.TXT"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_backup_of_a_boot_sector_of_FAT32_is_compared()
    {
        Need.Program("mkfs.fat", "dosfstools");
        using var folder = new TestFolder();
        Tool.Run("mkfs.fat", "-F", "32", "-C", folder["x.img"], "66000").Succeeded();
        Assert.That(Verify(folder["x.img"]).ExitCode, Is.EqualTo(Sound));
        Flip(folder["x.img"], (6 * 512) + 71);
        ToolResult said = Verify(folder["x.img"]);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged));
        Assert.That(said.Text, Does.StartWith("backup boot sector at 0xC00: byte 71 differs"));
    }

    [TestCase("udf/hd150-512", "descriptor at 0x", null)]
    [TestCase("exfat/filled", "backup boot region", (12 * 512) + 100)]
    [CancelAfter(Limit)]
    public void The_copy_of_a_structure_is_checked_too(string name, string finding, int? place)
    {
        using var folder = new TestFolder();
        byte[] bytes = File.ReadAllBytes(TestImages.Get(name));

        // Of UDF, the second descriptor of the reserve sequence: it is where the anchor in block 256 says.
        bytes[place ?? ((BitConverter.ToInt32(bytes, (256 * 512) + 28) + 1) * 512) + 30] ^= 4;
        File.WriteAllBytes(folder["x.img"], bytes);
        ToolResult said = Verify(folder["x.img"]);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text.Split('\n')[0], Does.Contain(finding));
        using var mount = ImageMount.Mount(folder["x.img"]);
        Assert.That(mount.List().Count, Is.GreaterThan(1));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Ranges_that_cannot_be_read_are_told_and_what_is_behind_them_is_read()
    {
        using var folder = new TestFolder();
        string image = MakeIso(folder);
        using var failing = new FailingImage(image);
        Assert.That(Verify(failing.Path).ExitCode, Is.EqualTo(Sound));
        failing.Fail((0x100000, 0x102000));
        ToolResult said = Verify(failing.Path);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text, Does.StartWith("bytes at 0x100000: 8192 cannot be read: ").And.Contain("Input/output error"));
        Assert.That(Done(said.Text), Does.Contain("files ("));
    }

    [TestCase(65536 + 20, "vhdx header at 0x10000")]
    [TestCase(131072 + 20, "vhdx header at 0x20000")]
    [TestCase(196608 + 40, "vhdx region table at 0x30000")]
    [TestCase(262144 + 40, "vhdx region table at 0x40000")]
    [CancelAfter(Limit)]
    public void The_copies_in_a_vhdx_are_checked(long place, string finding)
    {
        Need.Program("qemu-img", "qemu-utils");
        using var folder = new TestFolder();
        Tool.Run("qemu-img", "convert", "-O", "vhdx", TestImages.Get("ext/ext4"), folder["x.vhdx"]).Succeeded();
        Assert.That(Verify(folder["x.vhdx"]).ExitCode, Is.EqualTo(Sound));
        Flip(folder["x.vhdx"], place);
        ToolResult said = Verify(folder["x.vhdx"]);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text, Does.StartWith($"{finding}: its signature or checksum is wrong (MS-VHDX 2.2."));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_damaged_in_a_virtual_disk_is_told_by_the_place_in_the_disk()
    {
        Need.Program("qemu-img", "qemu-utils");
        using var folder = new TestFolder();
        Tool.Run("qemu-img", "convert", "-O", "qcow2", "-c", MakeIso(folder), folder["x.qcow2"]).Succeeded();
        ToolResult sound = Verify(folder["x.qcow2"]);
        Assert.That(sound.ExitCode, Is.EqualTo(Sound), sound.Text);
        Assert.That(Open(sound.Text), Does.Contain("reference counts"));

        // Some cluster begins here, and no block of deflate begins so.
        using (FileStream file = File.OpenWrite(folder["x.qcow2"]))
        {
            file.Position = file.Length / 2;
            file.Write([.. Enumerable.Repeat((byte)0xFF, 1 << 16)]);
        }

        ToolResult said = Verify(folder["x.qcow2"]);
        Assert.That(said.ExitCode, Is.EqualTo(Damaged), said.Text);
        Assert.That(said.Text, Does.Match("^bytes at 0x[0-9A-F]+: [0-9]+ cannot be read: "));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_disc_is_checked_with_its_sound()
    {
        using var folder = new TestFolder();
        byte[] data = File.ReadAllBytes(TestImages.Get("rockridge-joliet"));
        File.WriteAllBytes(folder["x.bin"], [.. RawTrack.Mode1(data), .. RawTrack.Audio(300)]);
        File.WriteAllText(
            folder["x.cue"],
            $"FILE x.bin BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 {RawTrack.Time(data.Length / 2048)}\n");
        Assert.That(Verify(folder["x.cue"]).ExitCode, Is.EqualTo(Sound));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Json_has_every_check_and_its_findings()
    {
        JsonElement report = JsonDocument.Parse(Verify(TestImages.Get("invalid/ext-sum"), "--json").Text).RootElement;
        Assert.That(report.GetProperty("sound").GetBoolean(), Is.False);
        JsonElement[] checks = [.. report.GetProperty("checks").EnumerateArray()];
        JsonElement finding = checks.Single(check => Text(check, "result") == "damaged").GetProperty("findings")[0];
        Assert.That(Text(finding, "file"), Is.EqualTo("/bad"));
        Assert.That(Text(finding, "structure"), Is.EqualTo("directory block"));
        Assert.That(Number(finding, "address"), Is.EqualTo(0x5800));
        Assert.That(Text(finding, "clause"), Is.EqualTo("ext4: Directory Entries"));
        Assert.That(checks.Select(check => Text(check, "result")).Distinct(), Is.EquivalentTo((string[])["sound", "damaged", "not checked"]));
    }

    private static IEnumerable<string> Invalid() => TestImages.Names("invalid");

    private static ToolResult Verify(string image, params string[] options) => Tool.Run(ImageFsProgram.Path, ["verify", image, .. options]);

    // Halves of the last line.
    private static string Done(string text) => Regex.Match(text, "; checked: (.*?)(; not checked|\n)").Groups[1].Value;

    private static string Open(string text) => Regex.Match(text, "; not checked: (.*)\n").Groups[1].Value;

    private static void AssertSame(string image, int status) =>
        Assert.That((Verify(image).ExitCode, Tool.Run("checkisomd5", image).ExitCode), Is.EqualTo((status, status)));

    private static string MakeIso(TestFolder folder)
    {
        Need.Program("genisoimage", "genisoimage");
        Tool.Shell("cd \"$1\" && mkdir tree && seq 300000 >tree/numbers && seq 9 >tree/few && genisoimage -quiet -R -o x.iso tree", folder.Path).Succeeded();
        return folder["x.iso"];
    }

    private static void Flip(string path, long place)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = place;
        int value = file.ReadByte();
        file.Position = place;
        file.WriteByte((byte)(value ^ 4));
    }
}
