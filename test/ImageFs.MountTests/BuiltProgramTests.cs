using System.Diagnostics;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// The program that dotnet compiles while it runs, which <c>dotnet tool install</c> installs: by its host, and as <c>dotnet imagefs.dll</c>. What is
/// true of it and not of the one in one file.
/// </summary>
/// <param name="isHosted">Whether it is started by its host, and not by dotnet.</param>
[TestFixture(true)]
[TestFixture(false)]
internal sealed class BuiltProgramTests(bool isHosted)
{
    private const int Interrupted = 8;
    private const string NoSandbox = "imagefs: sandbox: off: only the program in one file has it, not dotnet imagefs.dll\n";

    private readonly string[] _program = isHosted ? [ImageFsProgram.Built] : ["dotnet", $"{ImageFsProgram.Built}.dll"];

    private static string Image => TestImages.Get("sample");

    // The server is the same program, started again.
    [Test]
    public void It_mounts_in_the_background()
    {
        using var mount = ImageMount.Prepare(Image);
        Run("mount", mount.Image, mount.Directory).Succeeded();
        int server = ServerOf(mount);
        Assert.That(File.ReadAllText($"/proc/{server}/cmdline").Split('\0'), Has.Member(_program[^1]));
        Assert.That(mount.List().DifferencesFrom(Bsdtar.List(mount.Image), Facts.All), Is.Empty);
        Run("umount", mount.Directory).Succeeded();
        Assert.That(mount.IsMounted, Is.False);
        Assert.That(Processes.IsRunning(server), Is.False);
    }

    [Test]
    public void It_says_that_it_has_no_sandbox()
    {
        using var mount = ImageMount.Prepare(Image);
        Assert.That(Run("mount", "-v", mount.Image, mount.Directory).Succeeded().Error, Does.StartWith(NoSandbox));
        Assert.That(ProcessTable.Find("imagefs", words => words.Contains("--keeper") && words.Contains(mount.Directory)), Is.Empty);
        ToolResult said = Run("cat", "-v", Image, "README.txt").Succeeded();
        Assert.That(said.Error, Does.StartWith(NoSandbox));
        Assert.That(said.Text, Is.EqualTo(Tool.Run("bsdtar", "-xOf", Image, "README.txt").Succeeded().Text));
        Assert.That(Run("doctor").Text, Does.Match("(?m)sandbox .*only the program in one file has it"));
    }

    // The one in one file has a process without a runtime to wait for the server.
    [Test]
    public void A_signal_before_the_mount_is_there_goes_on_to_the_server([Values("INT", "TERM", "HUP")] string signal)
    {
        Need.Program("strace", "strace");
        using var mount = ImageMount.Prepare(Image);
        using var folder = new TestFolder();
        string calls = folder["calls"];
        using Process process = Process.Start(Tool.Start(
            "strace", ["-f", "-qq", "-o", calls, "-e", "trace=mount", "-e", "inject=mount:delay_enter=3s", .. _program, "mount", mount.Image, mount.Directory]))!;
        Assert.That(ImageMount.Eventually(() => File.Exists(calls) && File.ReadAllText(calls).Contains(" mount(", StringComparison.Ordinal)));
        int parent = ProcessTable.Find(isHosted ? "imagefs" : "dotnet", words => words.Contains("mount") && words.Contains(mount.Directory)).Single();
        Tool.Run("kill", $"-{signal}", $"{parent}").Succeeded();
        Assert.That(process.WaitForExit(Limits.Soon));
        Assert.That(process.ExitCode, Is.EqualTo(Interrupted), process.StandardError.ReadToEnd());
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void A_link_to_it_is_the_helper_of_mount()
    {
        using var mount = ImageMount.Prepare(Image);
        using var folder = new TestFolder();
        string helper = folder["mount.imagefs"];
        File.CreateSymbolicLink(helper, ImageFsProgram.Built);
        Tool.Run(helper, mount.Image, mount.Directory, "-o", "ro,uid=3").Succeeded();
        Assert.That(mount.List()["/README.txt"]["uid"], Is.EqualTo("3"));
    }

    private static int ServerOf(ImageMount mount) =>
        ProcessTable.Find(string.Empty, words => words.Contains("--server") && words.Contains(mount.Directory)).Single();

    private ToolResult Run(params string[] words) => Tool.Run(_program[0], [.. _program[1..], .. words]);
}
