using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What <c>make install</c> and <c>make deb</c> make.</summary>
internal sealed class PackageTests
{
    private const string Release = "bookworm";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(30);
    private static readonly Lazy<string> s_package = new(Build);

    [Test]
    public void What_was_installed_is_there_works_and_is_gone_after_uninstall()
    {
        using var folder = new TestFolder();
        string[] where = [$"DESTDIR={folder.Path}", "PREFIX=/opt/imagefs", $"DIST={Make.Published}"];
        Make.Run(["install", .. where]);
        string prefix = folder["opt/imagefs"];
        Assert.That(Tool.Run(Path.Combine(prefix, "bin/imagefs"), "--version").Succeeded().Text, Does.StartWith("imagefs "));
        Assert.That(File.ResolveLinkTarget(Path.Combine(prefix, "sbin/mount.imagefs"), returnFinalTarget: true)!.FullName, Is.EqualTo(Path.Combine(prefix, "bin/imagefs")));
        Assert.That(File.ReadAllText(Path.Combine(prefix, "lib/systemd/system/imagefs@.service")), Does.Contain("ExecStart=/opt/imagefs/bin/imagefs mount"));
        Assert.That(File.ReadAllText(Path.Combine(prefix, "lib/systemd/system/imagefs-url@.service")), Does.Contain("ExecStart=/opt/imagefs/bin/imagefs mount"));
        Make.Run(["uninstall", .. where]);
        Assert.That(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [TestCase("imagefs@", "srv-debian.iso")]
    [TestCase("imagefs-url@", "https")]
    public void The_unit_is_as_systemd_wants_it(string name, string instance)
    {
        Need.Program("systemd-analyze", "systemd");
        using var folder = new TestFolder();
        string unit = File.ReadAllText(Path.Combine(TestImages.Sources, $"packaging/systemd/{name}.service"));
        Assert.That(unit, Does.Match("(?m)^SystemCallFilter=.* seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self$"), "what a server gives its rights up with");
        string file = folder[$"{name}{instance}.service"];
        File.WriteAllText(file, unit.Replace("@BINDIR@", Path.GetDirectoryName(ImageFsProgram.Path), StringComparison.Ordinal));
        ToolResult said = Tool.Run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", file).Succeeded();
        Assert.That(said.Error, Is.Empty);
    }

    // `make publish` makes a ReadyToRun one where the packs of Native AOT cannot be restored. This test fails there, and says so.
    [Test]
    public void What_is_published_is_compiled_by_Native_AOT()
    {
        Need.Program("readelf", "binutils");
        Assert.That(Tool.Run("readelf", "--sections", "--wide", Make.Published).Succeeded().Text, Does.Contain("__managedcode"));
    }

    [Test]
    public void Lintian_finds_no_error_in_the_package()
    {
        Need.Program("lintian", "lintian");
        ToolResult said = Tool.Run("lintian", "--fail-on", "error", "--allow-root", s_package.Value);
        Assert.That(said.ExitCode, Is.Zero, said.Text);
    }

    [Test]
    public void The_package_is_installed_used_and_removed_in_a_clean_Debian()
    {
        Need.Root();
        Need.Program("debootstrap", "debootstrap");
        string debian = Path.Combine(TestImages.Sources, "artifacts/debian");
        if (!Directory.Exists(debian))
        {
            Bootstrap(debian);
        }

        using var folder = new TestFolder();
        Tool.Run("cp", "-a", "--reflink=auto", debian, folder["debian"]).Succeeded();
        string script = Path.Combine(AppContext.BaseDirectory, "Native/try-package.sh");
        ToolResult said = Tool.Run("unshare", "-m", "--propagation", "slave", "sh", script, folder["debian"], s_package.Value, TestImages.Get("sample"));
        Assert.That(said.ExitCode, Is.Zero, said.Text + said.Error);
        Assert.That(said.Text.Split('\n').Count(line => line.StartsWith("This is a sample image", StringComparison.Ordinal)), Is.EqualTo(File.Exists(Need.FuseDevice) ? 2 : 1));
    }

    private static string Build()
    {
        Need.Program("dpkg-shlibdeps", "dpkg-dev");
        Make.Run("deb", $"DIST={Make.Published}");
        return Directory.GetFiles(Path.Combine(TestImages.Sources, "artifacts"), "imagefs_*.deb").Single();
    }

    // Kept for the next run; what was begun and not ended is not taken for one.
    private static void Bootstrap(string debian)
    {
        string begun = $"{debian}.{Environment.ProcessId}";
        ToolResult said = Tool.Run(Tool.Start("debootstrap", "--variant=minbase", "--include=fuse3", Release, begun), s_limit);
        if (said.ExitCode != 0)
        {
            Tool.CleanUp("rm", "-rf", "--one-file-system", begun);
            Assert.Ignore($"debootstrap made no Debian here: {said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()}");
        }

        Directory.Move(begun, debian);
    }
}
