using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using ImageFs.Tests.Storage.Volumes.BitLocker;

namespace ImageFs.MountTests;

/// <summary>File systems in volumes that BitLocker encrypted, mounted: against the same in the clear, and against what dm-crypt decrypts.</summary>
internal sealed class BitLockerTests
{
    private const int Limit = Limits.Test;
    private const int Unit = 64 << 10;

    private static readonly string s_native = Path.Combine(AppContext.BaseDirectory, "Native");

    // Of FAT and exFAT each driver gives numbers of its own, and the root times of its own.
    private static readonly string[] s_contents = ["size", "list", "sha256"];

    private TestFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TestFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("fat/fat12", "vfat", "utf8=1", 0x8004)]
    [TestCase("exfat/filled", "exfat", "", 0x8003)]
    [TestCase("ext/inline", "ext4", "noload", 0x8000)]
    [TestCase("ext/inline", "ext4", "noload", 0x8001)]
    [CancelAfter(Limit)]
    public void A_file_system_in_it_is_shown_as_in_the_clear_and_as_by_dm_crypt(string name, string type, string options, int method)
    {
        byte[] plain = Enlarge(File.ReadAllBytes(TestImages.Get(name)));
        BitLockerImage image = Write(plain, method);
        File.WriteAllText(_folder["key"], BitLockerImage.RecoveryPassword);
        string ours = type == "vfat" ? string.Empty : options;
        using var clear = ImageMount.Mount(TestImages.Get(name), ours);
        using var mount = ImageMount.Mount(_folder["disk"], $"{ours}{(ours.Length > 0 ? "," : string.Empty)}key-file={_folder["key"]}");
        Assert.That(mount.List().DifferencesFrom(clear.List(), Facts.All), Is.Empty);

        // The first sectors from where they were moved to, and the others up to the first metadata: the file system ends before them.
        string crypt = $"crypt {image.Cipher} {Convert.ToHexStringLower(image.SectorKey)}";
        int moved = image.MovedTo(plain.Length) / 512;
        int first = image.MovedLength / 512;
        LinuxAnswer answer = LinuxReader.Ask(new LinuxQuestion(_folder["disk"], options, type)
        {
            Steps = [$"dm=0 {first} {crypt} {moved} $1 {moved};{first} {(BitLockerImage.Areas(plain.Length)[0] / 512) - first} {crypt} {first} $1 {first}"],
        });
        Assert.That(answer.Tree, Is.Not.Null, string.Join('\n', answer.Messages));
        Assert.That(mount.List().DifferencesFrom(answer.Tree!, type == "ext4" ? Facts.Recorded : s_contents), Is.Empty);
    }

    [TestCase(BitLockerImage.Password, 0, "")]
    [TestCase($"{BitLockerImage.RecoveryPassword}", 0, "")]
    [TestCase($"000011-000022-000034-000044-000055-000066-000077-720885|{BitLockerImage.RecoveryPassword}", 0, "Group 3 of the recovery password is mistyped. ")]
    [TestCase("wrong|worse|worst", 3, "This is not the password or recovery password ")]
    [CancelAfter(Limit)]
    public void A_terminal_is_asked_for_either_password_and_told_what_is_wrong_with_it(string answers, int status, string message)
    {
        Write(Enlarge(File.ReadAllBytes(TestImages.Get("fat/fat12"))), 0x8004);
        using ImageMount mount = ImageMount.Prepare(_folder["disk"]);
        string shown = Tool.Run("python3", Path.Combine(s_native, "type-keys.py"), answers, ImageFsProgram.Path, "mount", mount.Image, mount.Directory).Succeeded().Text;
        Assert.That(shown, Does.EndWith($"\nstatus {status}\n").And.Contain(message).And.Contain("Password or recovery password (ID "));
        Assert.That(shown, Does.Not.Contain("000022").And.Not.Contain("horse"));
        Assert.That(mount.IsMounted, Is.EqualTo(status == 0));
    }

    // Only the first quarter, and what was moved behind it, is encrypted: the rest is of no use to the file system.
    private BitLockerImage Write(byte[] plain, int method)
    {
        BitLockerImage image = new BitLockerImage { Method = method, State = 5, EncryptedSize = (plain.Length / 4) + (2 * Unit) }.WithPassword().WithRecoveryPassword();
        File.WriteAllBytes(_folder["disk"], image.Write(plain));
        return image;
    }

    private static byte[] Enlarge(byte[] fileSystem)
    {
        byte[] larger = new byte[4 * ((fileSystem.Length + Unit - 1) / Unit * Unit)];
        fileSystem.CopyTo(larger, 0);
        return larger;
    }
}
