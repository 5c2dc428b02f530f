using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What packaging/ has for other distributions, as far as it can be tried on this one.</summary>
internal sealed class PackagingTests
{
    private static readonly string s_folder = Path.Combine(TestImages.Sources, "packaging");

    [TestCase("arch/PKGBUILD", "pkgver={0}\n")]
    [TestCase("arch/.SRCINFO", "\tpkgver = {0}\n")]
    [TestCase("fedora/imagefs.spec", "Version:        {0}\n")]
    [TestCase("action/action.yml", "default: {0}\n")]
    public void A_recipe_is_of_the_programs_version(string recipe, string line)
    {
        string version = ImageFsProgram.Run("--version").Succeeded().Text["imagefs ".Length..].TrimEnd('\n');
        Assert.That(File.ReadAllText(Path.Combine(s_folder, recipe)), Does.Contain(string.Format(null, line, version)));
    }

    [Test]
    public void The_scripts_are_as_shellcheck_wants_them()
    {
        Need.Program("shellcheck", "shellcheck");
        string[] scripts = [.. Directory.GetFiles(s_folder, "*.sh", SearchOption.AllDirectories)];
        Assert.That(scripts, Has.Length.GreaterThan(3));
        Assert.That(Tool.Run("shellcheck", scripts).Text, Is.Empty);
    }

    // There is nothing else in it: what the program loads is there, or it says that it is not.
    [Test]
    public void The_containers_root_has_all_that_the_program_needs()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run(Path.Combine(s_folder, "container/root.sh"), Make.Published, folder["root"]).Succeeded();
        File.Copy(TestImages.Get("sample"), folder["root/w/sample.iso"]);
        string[] packed = ["gzip", "xz", "zstd", "lz4", "bzip2"];
        foreach (string tool in packed)
        {
            Tool.Shell("\"$1\" -c \"$2\" >\"$2.$1\"", tool, folder["root/w/sample.iso"]).Succeeded();
            ToolResult said = Tool.Run("chroot", folder["root"], "/usr/bin/imagefs", "cat", $"/w/sample.iso.{tool}", "README.txt").Succeeded();
            Assert.That(said.Text, Does.StartWith("This is a sample image"), tool);
        }

        string doctor = Tool.Run("chroot", folder["root"], "/usr/bin/imagefs", "doctor").Text;
        Assert.That(doctor, Does.Contain("libargon2.so.1").And.Not.Match(@"(?m)^(no|less) +lib"));
    }

    // As the runner calls its steps, and with what it gives them.
    [Test]
    public void The_action_mounts_and_unmounts()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["bin"]);
        File.CreateSymbolicLink(folder["bin/imagefs"], ImageFsProgram.Path);
        string image = TestImages.Get("sample");
        ToolResult mounted = Step(folder, "mount.sh", ("INPUT_IMAGE", image), ("INPUT_OPTIONS", "uid=1234")).Succeeded();
        string directory = File.ReadAllText(folder["output"]).TrimEnd('\n')["directory=".Length..];
        try
        {
            Assert.That(mounted.Text, Is.EqualTo($"{image} is mounted on {directory}\n"));
            Assert.That(Tool.Run("stat", "-c", "%u", Path.Combine(directory, "README.txt")).Succeeded().Text, Is.EqualTo("1234\n"));

            // The post step finds what the main step has kept as STATE_name.
            string[][] kept = [.. File.ReadAllLines(folder["state"]).Select(line => line.Split('=', 2))];
            (string, string)[] state = [.. kept.Select(pair => ($"STATE_{pair[0]}", pair[1]))];
            Step(folder, "unmount.sh", state).Succeeded();
            Assert.That(MountTable.IsMounted(directory), Is.False);
            Step(folder, "unmount.sh", state).Succeeded();
        }
        finally
        {
            if (MountTable.IsMounted(directory))
            {
                Tool.CleanUp("umount", "-l", directory);
            }
        }
    }

    [Test]
    public void The_action_tells_what_is_wrong()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["bin"]);
        File.CreateSymbolicLink(folder["bin/imagefs"], ImageFsProgram.Path);
        File.WriteAllText(folder["text"], "no image");
        ToolResult said = Step(folder, "mount.sh", ("INPUT_IMAGE", folder["text"]));
        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Text, Does.Contain($"::error title=ImageFs::imagefs: {folder["text"]}: "));
        Assert.That(Step(folder, "mount.sh").Text, Does.StartWith("::error title=ImageFs::the input"));
        Step(folder, "unmount.sh").Succeeded();
    }

    private static ToolResult Step(TestFolder folder, string script, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = Tool.Start(Path.Combine(s_folder, "action", script));
        start.Environment["PATH"] = $"{folder["bin"]}:{start.Environment["PATH"]}";
        start.Environment["RUNNER_TEMP"] = folder.Path;
        foreach (string file in (string[])["output", "state", "path"])
        {
            start.Environment[$"GITHUB_{file.ToUpperInvariant()}"] = folder[file];
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Tool.Run(start, Limits.Tool);
    }
}
