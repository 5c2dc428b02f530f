using System.Diagnostics;
using System.Runtime.InteropServices;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// The walls around a command of the program in one file that reads an image: its threads are made to call the kernel when it has read the image and
/// nobody takes what it prints.
/// </summary>
public sealed class ReaderSandboxTests
{
    private const int Owner = 1234;
    private const string None = "0000000000000000";

    private TestFolder _folder = null!;
    private string _image = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Root();
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Ignore("Native/inject.c is for x86-64");
        }

        _folder = new TestFolder();
        _image = _folder["sample.iso"];
        File.Copy(TestImages.Get("sample"), _image);
        File.WriteAllText(_folder["beside"], "beside");
        Directory.CreateDirectory(_folder["target"]);
        Tool.Run("chmod", "755", _folder.Path).Succeeded();
        File.Copy(TestImages.Get("rockridge"), _folder["other.iso"]);
        Tool.Run("chown", $"{Owner}", _image, _folder["other.iso"]).Succeeded();
        Tool.Run("chmod", "600", _image).Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _folder?.Dispose();

    [TestCaseSource(typeof(Walls), nameof(Walls.Attempts))]
    public void No_thread_of_a_command_may(int call, string[] arguments, long result)
    {
        using Reader reader = Reader.Start("cat", _image, "README.txt");
        Walls.Try(reader.Threads, call, arguments, _image, result);
    }

    [TestCase("info", "IMAGE")]
    [TestCase("ls", "IMAGE")]
    [TestCase("tree", "IMAGE")]
    [TestCase("find", "IMAGE")]
    [TestCase("extents", "IMAGE")]
    [TestCase("verify", "IMAGE")]
    [TestCase("sums", "IMAGE")]
    [TestCase("diff", "IMAGE", "OTHER")]
    [TestCase("tar", "IMAGE")]
    [TestCase("export", "IMAGE", "-")]
    [TestCase("__complete", "cat", "IMAGE", "")]
    public void Every_command_has_given_up_its_rights(params string[] words)
    {
        using Reader reader = Reader.Start([.. words.Select(word => word == "IMAGE" ? _image : word == "OTHER" ? _folder["other.iso"] : word)]);
        foreach (int thread in reader.Threads)
        {
            Dictionary<string, string> status = reader.StatusOf(thread);
            Assert.That(status["Seccomp"], Is.EqualTo("2"));
            Assert.That(status["NoNewPrivs"], Is.EqualTo("1"));
            Assert.That(Injection.Call(thread, 2, "/etc/shadow", "0"), Is.EqualTo(Walls.PermissionDenied), $"thread {thread}");
            Assert.That(status["Uid"], Is.EqualTo($"{Owner}\t{Owner}\t{Owner}\t{Owner}"));
            Assert.That(status["CapPrm"], Is.EqualTo(None));
        }
    }

    [Test]
    public void What_is_copied_goes_to_its_folder_and_nowhere_else()
    {
        using Reader reader = Reader.Start("extract", "-v", _image, "-C", _folder["target"]);
        foreach (int thread in reader.Threads)
        {
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.EqualTo(Walls.PermissionDenied), $"thread {thread}");
            Assert.That(Injection.Call(thread, 2, _folder["beside"], "1"), Is.EqualTo(Walls.PermissionDenied));
            Assert.That(Injection.Call(thread, 2, "/etc/sandbox-test", "0x41", "0x1B6"), Is.EqualTo(Walls.PermissionDenied));
            Assert.That(Injection.Call(thread, 263, "-100", _folder["beside"], "0"), Is.EqualTo(Walls.PermissionDenied), "unlinkat");
            Assert.That(Injection.Call(thread, 258, "-100", _folder["folder"], "0x1C0"), Is.EqualTo(Walls.PermissionDenied), "mkdirat");
            Assert.That(Injection.Call(thread, 264, "-100", _folder["beside"], "-100", Path.Combine(_folder["target"], "beside")), Is.Negative, "renameat");
            Assert.That(Injection.Call(thread, 259, "-100", Path.Combine(_folder["target"], "device"), "0x61B6", "0x700"), Is.Negative, "mknodat");
            Assert.That(Injection.Call(thread, 59, "/bin/true", "0", "0"), Is.EqualTo(Walls.NotPermitted));
            Assert.That(Injection.Call(thread, 165, "none", "/mnt", "tmpfs", "0", "0"), Is.EqualTo(Walls.NotPermitted));
            Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.EqualTo(Walls.NotPermitted));
            Assert.That(reader.StatusOf(thread)["CapPrm"], Is.EqualTo("00000000000000df"));
        }

        int first = reader.Threads[0];
        Assert.That(Injection.Call(first, 2, Path.Combine(_folder["target"], "made"), "0x41", "0x1B6"), Is.Not.Negative);
        Assert.That(File.Exists(Path.Combine(_folder["target"], "made")));
    }

    [Test]
    public void Where_an_image_comes_through_a_pipe_files_are_read_below_the_current_folder_alone()
    {
        string here = _folder["target"], beside = Path.Combine(here, "beside");
        File.Copy(_folder["beside"], beside);
        using Reader reader = Reader.StartIn(here, $"< <(cat '{_image}')", "cat", "-", "README.txt");
        Assert.That(Injection.Call(reader.Threads[0], 2, beside, "0"), Is.Not.Negative);
        Assert.That(Injection.Call(reader.Threads[0], 2, _folder["beside"], "0"), Is.EqualTo(Walls.PermissionDenied));
    }

    [TestCase("cat", "ADDRESS", "README.txt")]
    [TestCase("info", "ADDRESS")]
    [TestCase("tar", "ADDRESS")]
    public void Who_reads_an_image_on_a_server_is_nobody(params string[] words)
    {
        using var web = new WebServer();
        File.Copy(_image, web["a.iso"]);
        using Reader reader = Reader.Start([.. words.Select(word => word == "ADDRESS" ? $"{web.Plain}a.iso" : word)]);
        foreach (int thread in reader.Threads)
        {
            Walls.AssertIsNobody(reader.StatusOf(thread));
            Assert.That(Injection.Call(thread, 2, Walls.FileOfRoots, "0"), Is.EqualTo(Walls.PermissionDenied), $"thread {thread}");
        }
    }

    [Test]
    public void What_is_copied_from_an_image_on_a_server_is_given_its_owners()
    {
        using var web = new WebServer();
        using var folder = new TestFolder();
        File.Copy(_folder["other.iso"], web["a.iso"]);
        Tool.Run(Make.Published, "extract", "--preserve=ownership", $"{web.Plain}a.iso", "-C", folder["there"]).Succeeded();
        Tool.Run(Make.Published, "extract", "--preserve=ownership", _folder["other.iso"], "-C", folder["here"]).Succeeded();
        string Owners(string copy) => Tool.Shell("cd \"$1\" && find . -printf '%p %U %G\n' | sort", folder[copy]).Succeeded().Text;
        Assert.That(Owners("there"), Is.EqualTo(Owners("here")));
    }

    [Test]
    public void Without_a_sandbox_the_same_calls_are_obeyed()
    {
        using Reader reader = Reader.Start("cat", "-o", "sandbox=off", _image, "README.txt");
        int thread = reader.Threads[0];
        Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.Not.Negative);
        Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.Not.Negative);
        Assert.That(Injection.Call(thread, 62, $"{Environment.ProcessId}", "0"), Is.Zero);
    }

    [Test]
    public void A_basic_one_reads_what_its_user_may_and_writes_nothing()
    {
        using Reader reader = Reader.Start("cat", "-o", "sandbox=basic", _image, "README.txt");
        foreach (int thread in reader.Threads)
        {
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.Not.Negative);
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "1"), Is.EqualTo(Walls.PermissionDenied));
            Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.EqualTo(Walls.NotPermitted));
        }
    }

    [TestCase("", "strict")]
    [TestCase("sandbox=basic", "basic")]
    [TestCase("sandbox=off", "off")]
    [TestCase("backing=any", "basic: with backing= files may lie anywhere")]
    public void Verbose_commands_tell(string options, string level)
    {
        string[] words = options.Length > 0 ? ["-o", options] : [];
        ToolResult said = Tool.Run(Make.Published, ["cat", "-v", .. words, _image, "README.txt"]).Succeeded();
        Assert.That(said.Error, Does.StartWith($"imagefs: sandbox: {level}\n"));
    }

    [TestCase("tar", "IMAGE", "-f", "OUT")]
    [TestCase("export", "IMAGE", "OUT")]
    [TestCase("manifest", "IMAGE", "-O", "OUT")]
    public void A_file_is_written_as_without_a_sandbox(params string[] words)
    {
        using var folder = new TestFolder();
        string[] With(string output) => [.. words.Select(word => word == "IMAGE" ? _image : word == "OUT" ? folder[output] : word)];
        Tool.Run(Make.Published, With("confined")).Succeeded();
        Tool.Run(Make.Published, [.. With("free"), "-o", "sandbox=off"]).Succeeded();
        Assert.That(File.ReadAllBytes(folder["confined"]), Is.EqualTo(File.ReadAllBytes(folder["free"])));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(2), "no unfinished file is left");
        Assert.That(File.GetUnixFileMode(folder["confined"]), Is.EqualTo(File.GetUnixFileMode(folder["free"])));
    }

    [Test]
    public void A_file_that_could_not_be_written_is_not_left()
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder["none"], new byte[1 << 20]);
        ToolResult said = Tool.Run(Make.Published, "tar", folder["none"], "-f", folder["out"]);
        Assert.That(said.ExitCode, Is.Not.Zero);
        said = Tool.Run(Make.Published, "export", _image, folder["missing/out"]);
        Assert.That(said.ExitCode, Is.EqualTo(2), said.Error);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo((string[])[folder["none"]]));
    }

    [Test]
    public void A_folder_that_was_made_to_copy_to_goes_where_nothing_came_of_it()
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder["none"], new byte[1 << 20]);
        Assert.That(Tool.Run(Make.Published, "extract", folder["none"], "-C", folder["out"]).ExitCode, Is.Not.Zero);
        Assert.That(Directory.Exists(folder["out"]), Is.False);
        Tool.Run(Make.Published, "extract", _image, "-C", folder["out"]).Succeeded();
        Assert.That(File.Exists(folder["out/README.txt"]));
    }

    [Test]
    public void A_file_by_a_wrong_name_says_so_as_without_a_sandbox()
    {
        ToolResult confined = Tool.Run(Make.Published, "ls", _folder["not there.iso"]);
        ToolResult free = Tool.Run(Make.Published, "ls", "-o", "sandbox=off", _folder["not there.iso"]);
        Assert.That((confined.ExitCode, confined.Error), Is.EqualTo((free.ExitCode, free.Error)));
    }

    /// <summary>A command that has read an image and waits for somebody to take what it prints.</summary>
    private sealed class Reader : IDisposable
    {
        private readonly Process _process;

        private Reader(Process process) => _process = process;

        public int[] Threads => Walls.ThreadsOf(_process.Id);

        public static Reader Start(params string[] words) => StartIn("/", "</dev/null", words);

        public static Reader StartIn(string folder, string input, params string[] words)
        {
            // As much as a pipe holds comes first.
            string script = $"cd '{folder}'; head -c 65536 /dev/zero; exec \"$@\" {input}";
            var reader = new Reader(Process.Start(Tool.Start("bash", ["-c", script, "bash", Make.Published, .. words]))!);
            Assert.That(ImageMount.Eventually(() => reader.IsWaiting || reader._process.HasExited), string.Join(' ', words));
            Assert.That(reader._process.HasExited, Is.False, () => reader._process.StandardError.ReadToEnd());
            return reader;
        }

        public Dictionary<string, string> StatusOf(int thread) => Walls.StatusOf(_process.Id, thread);

        public void Dispose()
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }

        // write(1, ...)
        private bool IsWaiting => File.ReadAllText($"/proc/{_process.Id}/comm") == "imagefs\n"
            && File.ReadAllText($"/proc/{_process.Id}/syscall").StartsWith("1 0x1 ", StringComparison.Ordinal);
    }
}
