using System.Globalization;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Encrypted volumes, mounted: by every way that a key takes, on partitions and in a virtual disk, against dm-crypt.</summary>
internal sealed class LuksTests
{
    private const int Limit = Limits.Test;
    private const int NoKey = 3;
    private const int Interrupted = 8;
    private const int Start = 1 << 20;

    // No other text on the machine has it.
    private const string Passphrase = "Kv7-ungewöhnlich-Passwort";
    private const string Cheap = "--batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --luks2-metadata-size 16k --luks2-keyslots-size 1m";

    private static readonly string s_native = Path.Combine(AppContext.BaseDirectory, "Native");

    private TestFolder _folder = null!;
    private TreeListing _plain = null!;

    [OneTimeSetUp]
    public void MakeImages()
    {
        Need.Program("cryptsetup", "cryptsetup-bin");
        Need.Program("python3", "python3");
        Need.Fuse();
        Need.Root();
        _folder = new TestFolder();
        File.WriteAllText(_folder["key"], Passphrase);
        File.WriteAllText(_folder["wrong"], "wrong");
        Encrypt("ext/ext4", "luks", "--label secret --reduce-device-size 4M");
        Encrypt("xfs/small", "luks-xfs", "--reduce-device-size 4M -c aes-cbc-essiv:sha256 -s 256");
        Encrypt("ext/ext4", "bare", $"--header {_folder["header"]}");
        File.WriteAllBytes(_folder["fat"], File.ReadAllBytes(TestImages.Get("fat/fat16")));
        MakeDisk("disk", "luks", "fat");
        VirtualDisk.Make(_folder["disk"], _folder["disk.qcow2"], "qcow2");
        using var mount = ImageMount.Mount(TestImages.Get("ext/ext4"), "noload");
        _plain = mount.List();
    }

    [OneTimeTearDown]
    public void RemoveImages() => _folder?.Dispose();

    [TestCase("disk", "part=1")]
    [TestCase("disk.qcow2", "part=1")]
    [TestCase("disk", "label=TEST ext4")]
    [TestCase("luks", "")]
    [CancelAfter(Limit)]
    public void What_was_encrypted_is_shown_wherever_it_lies(string image, string options)
    {
        string label = options.StartsWith("label=", StringComparison.Ordinal) ? $"label={LabelOfExt()}" : options;
        using var mount = ImageMount.Mount(_folder[image], $"noload,key-file={_folder["key"]}{(label.Length > 0 ? "," : string.Empty)}{label}");
        Assert.That(mount.List().DifferencesFrom(_plain, Facts.All), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_header_may_lie_in_another_file()
    {
        using var mount = ImageMount.Mount(_folder["bare"], $"noload,key-file={_folder["key"]},header={_folder["header"]}");
        Assert.That(mount.List().DifferencesFrom(_plain, Facts.All), Is.Empty);
    }

    [TestCase("disk", "ext4", "noload", 1, "aes-xts-plain64")]
    [TestCase("luks-xfs", "xfs", "norecovery", 0, "aes-cbc-essiv:sha256")]
    [CancelAfter(Limit)]
    public void Linux_reads_the_same_by_its_own_dm_crypt(string name, string type, string options, int part, string cipher)
    {
        string image = _folder[part == 1 ? "luks" : name];
        string masterKey = _folder[$"{name}.master"];
        Tool.Run("cryptsetup", "luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", masterKey, "--key-file", _folder["key"], image).Succeeded();
        string[] dump = Tool.Run("cryptsetup", "luksDump", image).Succeeded().Text.Split('\n');
        long offset = long.Parse(dump.First(line => line.Contains("offset:", StringComparison.Ordinal)).Split(':', '[')[1], CultureInfo.InvariantCulture) / 512;
        string sectorSize = dump.First(line => line.Contains("sector:", StringComparison.Ordinal)).Split(':', '[')[1].Trim();
        long length = (new FileInfo(image).Length / 512) - offset;
        string[] partition = part == 1 ? ["part=1"] : [];
        var question = new LinuxQuestion(_folder[name], options, type)
        {
            Steps = [.. partition, $"dm=0 {length} crypt {cipher} {Convert.ToHexStringLower(File.ReadAllBytes(masterKey))} 0 ${part + 1} {offset} 1 sector_size:{sectorSize}"],
        };
        LinuxAnswer answer = LinuxReader.Ask(question);
        Assert.That(answer.Tree, Is.Not.Null, string.Join('\n', answer.Messages));
        using var mount = ImageMount.Mount(_folder[name], $"{options},key-file={_folder["key"]}{(part == 1 ? ",part=1" : string.Empty)}");
        Assert.That(mount.List().DifferencesFrom(answer.Tree!, Facts.Recorded), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Of_all_volumes_a_locked_one_is_left_out_and_told()
    {
        using var mount = ImageMount.Mount(_folder["disk"]);
        Assert.That(mount.Said!.Error, Does.Contain("is left out").And.Contain("encrypted").And.Contain("key-file="));
        using var fat = ImageMount.Mount(_folder["fat"]);
        Assert.That(mount.List().DifferencesFrom(fat.List(), Facts.All), Is.Empty);
        (ToolResult said, bool mounted) = ImageMount.TryMount(_folder["disk"], "left-out=error");
        Assert.That((mounted, said.ExitCode), Is.EqualTo((false, 32)), said.Error);
    }

    [Test]
    [CancelAfter(Limit)]
    public void All_volumes_are_shown_when_there_is_a_key()
    {
        using var mount = ImageMount.Mount(_folder["disk"], $"key-file={_folder["key"]}");
        Assert.That(Directory.GetDirectories(mount.Directory), Has.Length.EqualTo(2));
    }

    [TestCase("key-file=", "wrong", "does not open it")]
    [TestCase("", "", "key-file=FILE")]
    [CancelAfter(Limit)]
    public void Without_the_right_key_nothing_is_mounted_and_the_status_says_so(string option, string file, string message)
    {
        string options = option.Length > 0 ? $"{option}{_folder[file]}" : string.Empty;
        using ImageMount mount = ImageMount.Prepare(_folder["luks"]);
        ToolResult said = Tool.Run("setsid", ["-w", ImageFsProgram.Path, "mount", mount.Image, mount.Directory, .. options.Length > 0 ? new[] { "-o", options } : []]);
        Assert.That((mount.IsMounted, said.ExitCode), Is.EqualTo((false, NoKey)), said.Error);
        Assert.That(said.Error, Does.Contain(message));
    }

    [TestCase(Passphrase, 0, 1)]
    [TestCase($"wrong|worse|{Passphrase}", 0, 3)]
    [TestCase("wrong|worse|worst|never asked", NoKey, 3)]
    [TestCase("||", NoKey, 3)]
    [TestCase("wrong|^C", Interrupted, 2)]
    [CancelAfter(Limit)]
    public void A_terminal_is_asked_three_times_and_shows_nothing_of_what_is_typed(string answers, int status, int asked)
    {
        using ImageMount mount = ImageMount.Prepare(_folder["luks"]);
        string shown = Type(answers, "mount", mount.Image, mount.Directory, "-o", "noload");
        Assert.That(shown, Does.EndWith($"\nstatus {status}\n"));
        Assert.That(shown.Split("assphrase for the volume secret: "), Has.Length.EqualTo(asked + 1), shown);
        Assert.That(shown.Split("This is not the passphrase. "), Has.Length.EqualTo(asked), shown);
        Assert.That(shown, Does.Not.Contain("Kv7").And.Not.Contain("wors"));
        Assert.That(mount.IsMounted, Is.EqualTo(status == 0));
        if (status == 0)
        {
            Assert.That(mount.List().DifferencesFrom(_plain, Facts.All), Is.Empty);
        }
    }

    [TestCase("ls")]
    [TestCase("tree")]
    [CancelAfter(Limit)]
    public void Commands_that_read_without_a_mount_ask_as_well(string command)
    {
        string shown = Type(Passphrase, command, _folder["luks"]);
        Assert.That(shown, Does.EndWith("status 0\n").And.Contain(_plain.Entries.First(entry => entry.Path.Length > 1 && entry.Path.LastIndexOf('/') == 0).Path[1..]));
    }

    [TestCase("")]
    [TestCase("-f ")]
    [CancelAfter(Limit)]
    public void A_descriptor_has_the_key_for_a_server_in_the_background_too(string flag)
    {
        using ImageMount mount = ImageMount.Prepare(_folder["luks"]);
        string end = flag.Length > 0 ? " 2>/dev/null & while ! mountpoint -q \"$3\"; do sleep 0.05; done" : string.Empty;
        Tool.Shell($"cat \"$4\" | \"$1\" mount {flag}\"$2\" \"$3\" -o noload,key-fd=3 3<&0 >/dev/null </dev/null{end}", ImageFsProgram.Path, mount.Image, mount.Directory, _folder["key"]).Succeeded();
        Assert.That(mount.List().DifferencesFrom(_plain, Facts.All), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_service_has_the_key_as_a_credential()
    {
        string credentials = _folder.CreateDirectory("credentials");
        File.WriteAllText(Path.Combine(credentials, "imagefs.key"), Passphrase);
        using ImageMount mount = ImageMount.Prepare(_folder["luks"]);
        Tool.Run("env", $"CREDENTIALS_DIRECTORY={credentials}", ImageFsProgram.Path, "mount", mount.Image, mount.Directory, "-o", "noload").Succeeded();
        Assert.That(mount.List().DifferencesFrom(_plain, Facts.All), Is.Empty);
    }

    [TestCase("key-file")]
    [TestCase("terminal")]
    [CancelAfter(Limit)]
    public void After_the_mount_the_passphrase_is_nowhere(string way)
    {
        using ImageMount mount = ImageMount.Prepare(_folder["luks"]);
        _ = way == "terminal"
            ? Type(Passphrase, "mount", mount.Image, mount.Directory)
            : ImageFsProgram.Run("mount", mount.Image, mount.Directory, "-o", $"key-file={_folder["key"]}").Succeeded().Text;
        _ = mount.List();
        Assert.That(ImageFsProgram.Run("stats", mount.Directory).Succeeded().Text, Does.Not.Contain(Passphrase));
        int server = Processes.ServerOf(mount.Directory);
        string found = Tool.Run("python3", Path.Combine(s_native, "find-secret.py"), server.ToString(CultureInfo.InvariantCulture), Passphrase).Succeeded().Text;
        Assert.That(found, Does.Match("^searched [0-9]{7,}\n$"));
    }

    private static string Type(string answers, params string[] arguments) =>
        Tool.Run("python3", [Path.Combine(s_native, "type-keys.py"), answers, ImageFsProgram.Path, .. arguments]).Succeeded().Text;

    private static string LabelOfExt() => Tool.Run("blkid", "-p", "-o", "value", "-s", "LABEL", TestImages.Get("ext/ext4")).Text.Trim();

    // The room for the header is at the end of the image, whose contents cryptsetup moves.
    private void Encrypt(string name, string to, string options)
    {
        File.WriteAllBytes(_folder[to], File.ReadAllBytes(TestImages.Get(name)));
        using (FileStream image = File.OpenWrite(_folder[to]))
        {
            image.SetLength(image.Length + (4 << 20));
        }

        Tool.Run("cryptsetup", ["reencrypt", "--encrypt", "--type", "luks2", "--key-file", _folder["key"], .. Cheap.Split(' '), .. options.Split(' '), _folder[to]]).Succeeded();
    }

    private void MakeDisk(string name, params string[] parts)
    {
        long at = Start;
        var script = new List<string> { "label: gpt" };
        foreach (string part in parts)
        {
            long length = new FileInfo(_folder[part]).Length;
            script.Add($"start={at / 512}, size={length / 512}");
            at += (length + Start - 1) / Start * Start;
        }

        Sfdisk.Write(_folder[name], (int)((at + Start) / Start), string.Join('\n', script));
        using FileStream disk = File.OpenWrite(_folder[name]);
        disk.Position = Start;
        foreach (string part in parts)
        {
            byte[] bytes = File.ReadAllBytes(_folder[part]);
            disk.Write(bytes);
            disk.Position = (disk.Position + Start - 1) / Start * Start;
        }
    }
}
