using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// The walls around who reads an image that Linux mounts by itself, in the program in one file: its threads are made to call the kernel while it waits
/// for the key of an encrypted image.
/// </summary>
public sealed class EngineSandboxTests
{
    private const int Owner = 1234;
    private const int BadAddress = -14;
    private const string None = "0000000000000000";
    private const string Cheap = "--batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000";

    private TestFolder _folder = null!;
    private string _image = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Root();
        Need.FileSystem("erofs");
        Need.Program("cryptsetup", "cryptsetup-bin");
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Ignore("Native/inject.c is for x86-64");
        }

        _folder = new TestFolder();
        _image = _folder["luks"];
        File.WriteAllText(_folder["key"], "a key");
        Tool.Shell("truncate -s 20M \"$1/luks\" && cryptsetup luksFormat $2 \"$1/luks\" \"$1/key\" && chown $3 \"$1/luks\" && chmod 600 \"$1/luks\"", _folder.Path, Cheap, $"{Owner}").Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _folder?.Dispose();

    [TestCaseSource(typeof(Walls), nameof(Walls.Attempts))]
    public void No_thread_of_who_reads_the_image_may(int call, string[] arguments, long result)
    {
        using Reader reader = Reader.Start(_image, "engine=kernel");
        Walls.Try(reader.Threads, call, arguments, _image, result);
    }

    [TestCase("engine=kernel")]
    [TestCase("engine=auto")]
    public void It_is_the_owner_of_the_image_without_capabilities(string options)
    {
        using Reader reader = Reader.Start(_image, options);
        foreach (int thread in reader.Threads)
        {
            Dictionary<string, string> status = Walls.StatusOf(reader.Id, thread);
            Assert.That(status["Uid"], Is.EqualTo($"{Owner}\t{Owner}\t{Owner}\t{Owner}"));
            Assert.That(status["CapEff"], Is.EqualTo(None));
            Assert.That(status["CapPrm"], Is.EqualTo(None));
            Assert.That(status["NoNewPrivs"], Is.EqualTo("1"));
            Assert.That(status["Seccomp"], Is.EqualTo("2"));
        }
    }

    [TestCase("engine=kernel")]
    [TestCase("engine=auto")]
    public void It_sends_open_files_to_who_mounts_and_to_nobody_else(string options)
    {
        using Reader reader = Reader.Start(_image, options);
        int thread = reader.Threads[0];
        string[] sockets = [.. reader.Sockets];
        long[] sent = [.. sockets.Select(socket => Injection.Call(thread, 46, socket, "0", "0"))];
        Assert.That(sockets, Has.Length.GreaterThan(1), "another is that to its keeper");
        Assert.That(sent, Has.One.EqualTo(BadAddress).And.Exactly(sent.Length - 1).EqualTo(Walls.NotPermitted));
        string sender = sockets[Array.IndexOf(sent, BadAddress)];
        string other = sockets[Array.IndexOf(sent, Walls.NotPermitted)];
        Assert.That(Injection.Call(thread, 3, sender), Is.EqualTo(Walls.NotPermitted), "close");
        Assert.That(Injection.Call(thread, 33, other, sender), Is.EqualTo(Walls.NotPermitted), "dup2");
        Assert.That(Injection.Call(thread, 292, other, sender, "0"), Is.EqualTo(Walls.NotPermitted), "dup3");
        Assert.That(Injection.Call(thread, 436, sender, sender, "0"), Is.EqualTo(Walls.NotPermitted), "close_range");
        Assert.That(Injection.Call(thread, 307, sender, "0", "0", "0"), Is.EqualTo(Walls.NotPermitted), "sendmmsg");
    }

    [Test]
    public void Without_a_sandbox_the_same_calls_are_obeyed_and_nobody_else_mounts()
    {
        using Reader reader = Reader.Start(_image, "engine=kernel,sandbox=off");
        int thread = reader.Threads[0];
        Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.Not.Negative);
        Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.Not.Negative);
        Assert.That(reader.Others, Is.Empty);
    }

    [Test]
    public void Nothing_is_left_of_who_reads_when_it_is_killed()
    {
        Reader reader = Reader.Start(_image, "engine=kernel");
        using (reader)
        {
            Assert.That(reader.Others, Has.Length.EqualTo(2), "the keeper, and who mounts");
        }

        Assert.That(ImageMount.Eventually(() => reader.Others.Length == 0), "a process is left");
        Assert.That(MountTable.IsMounted(reader.Directory), Is.False);
        Assert.That(Tool.Run("losetup", "-a").Text, Does.Not.Contain("manifest"));
    }

    [Test]
    public void That_it_was_killed_is_told([Values("", "-v")] string word)
    {
        using var folder = new TestFolder();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder["silent"]));
        listener.Listen();
        string directory = folder.CreateDirectory("mnt");

        // A plain command line forks, any other starts the program once more.
        string[] words = word.Length > 0 ? [word] : [];
        using Process parent = Process.Start(Tool.Start(Make.Published, ["mount", .. words, "-o", "engine=kernel", $"nbd+unix:///?socket={folder["silent"]}", directory]))!;
        using Socket connection = listener.Accept();
        int[] readers = ProcessTable.Find("imagefs", found => found.Contains(directory) && !found.Contains("--keeper") && !found.Contains("--mounter"));
        Tool.Run("kill", "-KILL", $"{readers.Single(reader => reader != parent.Id)}").Succeeded();
        Assert.That(parent.StandardError.ReadToEnd(), Does.EndWith("imagefs: the process that reads the image was ended by signal 9 before the mount answered\n"));
        parent.WaitForExit();
        Assert.That(parent.ExitCode, Is.EqualTo(4));
        Assert.That(MountTable.IsMounted(directory), Is.False);
        Assert.That(ImageMount.Eventually(() => ProcessTable.Find("imagefs", directory).Length == 0), "a process is left");
    }

    [Test]
    public void The_sandbox_that_nobody_asks_for_is_the_strict_one()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("rockridge"));
        ToolResult said = Tool.Run(Make.Published, "mount", "-v", "-o", "engine=kernel", mount.Image, mount.Directory).Succeeded();
        Assert.That(said.Error, Does.StartWith("imagefs: sandbox: strict\n"));
        Assert.That(MountTable.Find(mount.Directory), Does.Contain(" erofs "));
        Assert.That(ImageMount.Eventually(() => ProcessTable.Find("imagefs", mount.Directory).Length == 0), "a process is left");
    }

    /// <summary>A process that waits for the key of the image that it reads.</summary>
    private sealed class Reader : IDisposable
    {
        private readonly TestFolder _folder = new();
        private readonly Process _process;

        private Reader(string image, string options)
        {
            Directory = _folder.CreateDirectory("mnt");
            _process = Process.Start(Tool.Start(Make.Published, "mount", "-f", "-o", $"{options},key-fd=0", image, Directory))!;
        }

        public string Directory { get; }

        public int Id => _process.Id;

        public int[] Threads => Walls.ThreadsOf(Id);

        /// <summary>The numbers of its sockets.</summary>
        public IEnumerable<string> Sockets => System.IO.Directory.GetFiles($"/proc/{Id}/fd")
            .Where(path => TargetOf(path)?.StartsWith("socket:", StringComparison.Ordinal) == true).Select(path => Path.GetFileName(path)!);

        /// <summary>Further processes of this mount.</summary>
        public int[] Others => [.. ProcessTable.Find("imagefs", Directory).Where(process => process != Id)];

        public static Reader Start(string image, string options)
        {
            var reader = new Reader(image, options);
            Assert.That(ImageMount.Eventually(() => reader.IsWaiting || reader._process.HasExited));
            Assert.That(reader._process.HasExited, Is.False, () => reader._process.StandardError.ReadToEnd());
            return reader;
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            _folder.Dispose();
        }

        // read(N, ...), where N is standard input once more.
        private bool IsWaiting => File.ReadAllText($"/proc/{Id}/comm") == "imagefs\n"
            && File.ReadAllText($"/proc/{Id}/syscall").Split(' ') is ["0", var number, ..]
            && TargetOf($"/proc/{Id}/fd/{Convert.ToInt32(number, 16)}") is { } target && target == TargetOf($"/proc/{Id}/fd/0");

        private static string? TargetOf(string path)
        {
            try
            {
                return new FileInfo(path).LinkTarget;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
