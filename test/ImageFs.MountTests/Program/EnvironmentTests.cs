using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>Whatever a command is started in, it ends with a status of its own and says why in lines, never by a stack or a signal.</summary>
internal sealed class EnvironmentTests
{
    private const int Limit = Limits.Test;
    private const int System = 2;
    private const int FirstOfSignals = 128;

    private const string NoProc = "mount -t tmpfs none /proc && exec \"$@\"";
    private const string NoSys = "mount -t tmpfs none /sys && exec \"$@\"";
    private const string Neither = "mount -t tmpfs none /sys && mount -t tmpfs none /proc && exec env -i \"$@\"";

    private static readonly string[][] s_commands =
    [
        ["info", "IMAGE"], ["info", "--json", "IMAGE"], ["ls", "-lR", "IMAGE"], ["tree", "IMAGE"], ["cat", "IMAGE", "README.txt"],
        ["extract", "IMAGE", "-C", "OUT"], ["extents", "IMAGE"], ["verify", "IMAGE"], ["doctor"], ["stats", "OUT"], ["umount", "OUT"],
        ["--help"], ["mount", "--help"], ["--version"], ["__complete", "ls", "IMAGE", ""], ["no-such-verb"], ["ls", "/no/such/image"],
    ];

    // What a mount namespace of its own can take away, all commands do without; doctor and umount tell what is missing.
    [TestCase(NoProc)]
    [TestCase(NoSys)]
    [TestCase(Neither)]
    [CancelAfter(Limit)]
    public void Without_proc_and_sys_all_goes_on(string script)
    {
        Need.Root();
        AssertSame(["unshare", "-m", "--propagation", "slave", "sh", "-c", script, "sh"]);
    }

    [TestCase("ulimit -n 16; exec \"$@\"")]
    [TestCase("ulimit -v 100000; exec \"$@\"")]
    [TestCase("ulimit -v 1000000; exec \"$@\"")]
    [CancelAfter(Limit)]
    public void With_few_descriptors_and_little_memory_too(string script) => AssertSame(["sh", "-c", script, "sh"]);

    [TestCase("exec \"$@\" >/dev/full")]
    [TestCase("exec \"$@\" >/dev/full 2>/dev/full")]
    [TestCase("exec \"$@\" <&- >&- 2>&-")]
    [TestCase("exec \"$@\" <&- >&-")]
    [TestCase("ulimit -n 8; exec \"$@\"")]
    [TestCase("ulimit -n 4; exec \"$@\"")]
    [TestCase("ulimit -v 65536; exec \"$@\"")]
    [TestCase("ulimit -v 30000; exec \"$@\"")]
    [CancelAfter(Limit)]
    public void With_none_it_says_so(string script)
    {
        using var folder = new TestFolder();
        foreach (string[] command in s_commands)
        {
            Run(["sh", "-c", script, "sh"], command, folder);
        }

        if (script.Contains(">/dev/full", StringComparison.Ordinal))
        {
            Assert.That(Run(["sh", "-c", script, "sh"], ["ls", "IMAGE"], folder).ExitCode, Is.EqualTo(System));
        }
    }

    [Test]
    public void What_a_word_holds_is_no_part_of_a_terminals_language_nor_a_line()
    {
        ToolResult said = ImageFsProgram.Run("ls", "/no\u001b[31m\nimagefs: forged\u009b\u202e");
        Assert.That(said.Error, Does.StartWith(@"imagefs: /no\x1b[31m\x0aimagefs: forged\x9b\u202e: "));
        Assert.That(said.Error.Count(c => c == '\n'), Is.EqualTo(1));
        Assert.That(ImageFsProgram.Run("ls", "--x\u001b\n").Error, Does.StartWith(@"imagefs: unknown option '--x\x1b\x0a'"));
    }

    private static void AssertSame(string[] within)
    {
        using var folder = new TestFolder();
        foreach (string[] command in s_commands)
        {
            ToolResult usual = Run([], command, folder);
            ToolResult said = Run(within, command, folder);
            if (command[0] is not ("doctor" or "umount"))
            {
                Assert.That(said.ExitCode, Is.EqualTo(usual.ExitCode), $"{string.Join(' ', command)}: {said.Error}");
            }
        }
    }

    private static ToolResult Run(string[] within, string[] command, TestFolder folder)
    {
        string[] words =
            [.. within, Make.Published, .. command.Select(word => word == "IMAGE" ? TestImages.Get("sample") : word == "OUT" ? folder["out"] : word)];
        ToolResult said = Tool.Run(words[0], words[1..]);
        Assert.That(said.ExitCode, Is.LessThan(FirstOfSignals), $"{string.Join(' ', command)}: {said.Error}");
        Assert.That(said.Error, Does.Not.Contain("Unhandled").And.Not.Contain("   at ").And.Not.Contain("a bug"), string.Join(' ', command));
        return said;
    }
}
