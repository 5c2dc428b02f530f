using System.Text.Json;
using ImageFs.Images;
using ImageFs.MountTests.Session;
using ImageFs.MountTests.Support;
using ImageFs.Storage.Formats;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary><c>imagefs doctor</c>: on this system, and in surroundings that lack what mounting needs.</summary>
public sealed class DoctorTests
{
    private const int Limit = Limits.Test;

    private static readonly string s_doctor = $"'{ImageFsProgram.Path}' doctor";

    [Test]
    [CancelAfter(Limit)]
    public void Where_mounting_works_it_says_so_and_how()
    {
        Need.Root();
        Need.Fuse();
        ToolResult said = Tool.Run(ImageFsProgram.Path, "doctor");
        Assert.That((said.ExitCode, said.Error), Is.EqualTo((0, "")));
        Assert.That(said.Text, Does.StartWith("ok    /dev/fuse            can be opened\n").And.EndWith("\nMounting works, by mount(2).\n"));
        Assert.That(said.Text, Does.Contain("kernel               " + Tool.Run("uname", "-r").Text));
        Assert.That(said.Text, Does.Contain("libzstd.so.1").And.Contain("libbz2.so.1.0").And.Contain("liblzma.so.5").And.Contain("libcrypto.so.3").And.Contain("libssl.so.3").And.Contain("libargon2.so.1"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void It_lists_every_format_that_is_read()
    {
        string[] lines = Tool.Run(ImageFsProgram.Path, "doctor").Text.Split('\n');
        Assert.That(ListAfter("file systems"), Is.EqualTo(Names(KnownFormats.FileSystems)));
        Assert.That(ListAfter("disk images"), Is.EqualTo(Names(KnownFormats.Containers)));
        Assert.That(ListAfter("volumes"), Is.EqualTo(Names(KnownFormats.Volumes)));

        string ListAfter(string subject) => lines.Single(line => line.StartsWith($"-     {subject} ", StringComparison.Ordinal))[27..];
        static string Names(IEnumerable<Format> formats) => string.Join(", ", formats.Where(format => format.IsRead).Select(format => format.Name));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Without_the_device_it_names_the_flags_of_a_container()
    {
        Need.Root();
        string said = Script($"mount -t tmpfs none /dev; {s_doctor}; echo status $?");
        Assert.That(said, Does.StartWith("no    /dev/fuse            does not exist\n").And.Contain("--device /dev/fuse --cap-add SYS_ADMIN"));
        Assert.That(said, Does.Contain("Mounting does not work; info, ls, cat, extract and verify need nothing of this.\n").And.EndWith("status 1"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_that_the_user_may_not_open_is_told()
    {
        Need.Root();
        string said = Script(WithDevice(600) + AsUser(s_doctor) + "; echo status $?");
        Assert.That(said, Does.StartWith("no    /dev/fuse            Permission denied\n").And.Contain("chmod 666 /dev/fuse").And.EndWith("status 1"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_user_mounts_by_fusermount3()
    {
        Need.Root();
        Need.Program("fusermount3", "fuse3");
        string said = Script(WithDevice(666) + AsUser(s_doctor) + "; echo status $?");
        Assert.That(said, Does.Contain("-     mount(2)             not permitted").And.Contain("set-user-id root"));
        Assert.That(said, Does.Contain("\nMounting works, by fusermount3.\n").And.EndWith("status 0"));
    }

    [TestCase("", "fusermount3 is not set-user-id root", "cp /usr/bin/fusermount3 /mnt/; PATH=/mnt ")]
    [TestCase("", "not found", "PATH=/nowhere ")]
    [TestCase("--no-new-privs", "no_new_privs", "")]
    [CancelAfter(Limit)]
    public void A_helper_that_cannot_help_is_told(string privileges, string expected, string before)
    {
        Need.Root();
        Need.Program("fusermount3", "fuse3");
        int path = before.IndexOf("PATH=", StringComparison.Ordinal);
        string preparation = path < 0 ? before : before[..path];
        string variable = path < 0 ? "PATH=$PATH" : before[path..].Trim();
        string said = Script($"{WithDevice(666)}{preparation}{AsUser($"/usr/bin/env {variable} {s_doctor}", privileges)}; echo status $?");
        Assert.That(said, Does.Match($"\nno    fusermount3 .*{expected}"));
        Assert.That(said, Does.EndWith("status 1"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void User_allow_other_is_looked_for_in_fuse_conf()
    {
        Need.Root();
        string without = Script($"{WithDevice(666)}echo '#user_allow_other' >/mnt/conf; mount --bind /mnt/conf /etc/fuse.conf; {AsUser(s_doctor)}");
        Assert.That(without, Does.Contain("less  allow_other          refused by fusermount3\n").And.Contain("add the line user_allow_other to /etc/fuse.conf"));
        string with = Script($"{WithDevice(666)}printf 'mount_max = 7\\nuser_allow_other\\n' >/mnt/conf; mount --bind /mnt/conf /etc/fuse.conf; {AsUser(s_doctor)}");
        Assert.That(with, Does.Contain("ok    allow_other          permitted\n").And.Contain("7 mounts by fusermount3"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_small_limit_of_pipes_is_told()
    {
        Need.Root();
        string said = Script($"echo 65536 >/mnt/size; mount --bind /mnt/size /proc/sys/fs/pipe-max-size; {s_doctor}");
        Assert.That(said, Does.Contain("less  pipe-max-size        64 KiB: larger replies are copied\n").And.Contain("sysctl fs.pipe-max-size=1048576"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Json_has_the_verdict_and_the_facts()
    {
        ToolResult said = Tool.Run(ImageFsProgram.Path, "doctor", "--json");
        JsonElement report = JsonDocument.Parse(said.Text).RootElement;
        Assert.That(report.GetProperty("mounting").GetBoolean(), Is.EqualTo(said.ExitCode == 0));
        JsonElement[] facts = [.. report.GetProperty("facts").EnumerateArray()];
        Assert.That(facts.Select(fact => Text(fact, "subject")), Is.SupersetOf((string[])["/dev/fuse", "mount(2)", "fusermount3", "pipe-max-size", "kernel"]));
        Assert.That(facts.Select(fact => Text(fact, "health")), Is.All.AnyOf("ok", "less", "no", "-"));
    }

    // A mount namespace of its own, with room in /mnt: the system stays as it is.
    private static string Script(string script) => Shell.Output($"unshare -m --propagation slave bash -c '\nmount -t tmpfs none /mnt; chmod 755 /mnt\n'\"$(cat <<'END'\n{script}\nEND\n)\"");

    private static string WithDevice(int mode) => $"mknod -m {mode} /mnt/fuse c 10 229; mount --bind /mnt/fuse /dev/fuse; ";

    private static string AsUser(string command, string privileges = "") => $"setpriv --reuid=65534 --regid=65534 --clear-groups {privileges} {command}";
}
