using System.Runtime.InteropServices;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// The walls around the server of a mount whose files Linux reads by itself, in the program in one file, and what the process believes that gives Linux
/// the files for it.
/// </summary>
public sealed class PassthroughSandboxTests
{
    private const int Owner = 1234;
    private const int BadAddress = -14;
    private const int NotPermitted = Walls.NotPermitted;

    // Asks as a server would that an image has taken over; prints what is answered otherwise than it should be.
    private const string Liar =
        """
        import array, os, socket, struct, subprocess, sys
        program, image, text = sys.argv[1:]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = subprocess.Popen([program, "--backing", "False"], stdin=theirs)
        theirs.close()
        nothing, size = -2**31, os.stat(image).st_size
        def ask(mark, number, plan=b"", file=None):
            rights = [] if file is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))]
            ours.sendmsg([struct.pack("<Bi", mark, number) + plan], rights)
            return struct.unpack("<i", ours.recv(4))[0]
        def plan(length, *extents): return struct.pack("<q", length) + b"".join(struct.pack("<qq", *extent) for extent in extents)
        def expect(what, answer, *right):
            if answer not in right: print(what, answer, right)
        read, write = os.pipe()
        for what, file in (("a pipe", read), ("a folder", os.open("/", os.O_RDONLY)), ("only a name", os.open(image, os.O_PATH)),
                           ("only to write", os.open(text, os.O_WRONLY)), ("a device", os.open("/dev/null", os.O_RDONLY)), ("none", None)):
            expect("device: " + what, ask(1, 0, file=file), nothing)
        expect("before any device", ask(2, 0, plan(512, (512, 0))), nothing)
        expect("device", ask(1, 0, file=os.open(image, os.O_RDONLY)), 0)
        most = 2**63 - 1
        for what, words in (
            ("none", b""), ("no extent", plan(512)), ("half an extent", plan(512, (512, 0))[:-1]), ("no bytes", plan(0, (512, 0))), ("negative", plan(-512, (-512, 0))),
            ("a gap", plan(1024, (512, 0))), ("too much", plan(512, (512, 0), (512, 512))), ("behind the end", plan(512, (512, size))), ("across the end", plan(1024, (1024, size - 512))),
            ("before the beginning", plan(512, (512, -512))), ("overflow", plan(1024, (most, 0), (1024 - most, 0))), ("huge", plan(most, (most, 512))),
            ("huge address", plan(512, (512, most - 511))), ("not at a sector", plan(512, (512, 1))), ("too long", plan(512 * 5000, *[(512, 0)] * 5000)),
        ):
            expect("plan: " + what, ask(2, 0, words), nothing)
        for device in (-1, 1, 2**31 - 1, -2**31): expect("plan: device %d" % device, ask(2, device, plan(512, (512, 0))), nothing)
        expect("file", ask(2, 0, plan(700, (512, 512), (188, -1))), 0)
        fuse = os.open("/dev/fuse", os.O_RDWR)
        for what, file in (("the image", os.open(image, os.O_RDONLY)), ("a pipe", write), ("another device", os.open("/dev/null", os.O_RDWR))):
            expect("open on " + what, ask(3, 0, file=file), -25)
            expect("close on " + what, ask(4, 1, file=file), -25)
        expect("open without a connection", ask(3, 0), nothing)
        expect("open on no mount", ask(3, 0, file=fuse), -1)
        for number in (-1, 1, 2**31 - 1, -2**31): expect("open file %d" % number, ask(3, number, file=fuse), -2)
        expect("close on no mount", ask(4, 1, file=fuse), -1)
        for mark in (0, 5, 255): expect("mark %d" % mark, ask(mark, 0, file=fuse), nothing)
        ours.close()
        expect("end", process.wait(20), 0)
        """;

    private TestFolder _folder = null!;
    private string _image = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Fuse();
        Need.Root();
        Need.FileSystem("erofs");
        _folder = new TestFolder();
        _image = _folder["image"];
        File.Copy(TestImages.Get("rockridge"), _image);
        Tool.Shell("chown $2 \"$1\" && chmod 600 \"$1\"", _image, $"{Owner}").Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _folder?.Dispose();

    [TestCaseSource(typeof(Walls), nameof(Walls.Attempts))]
    public void No_thread_of_the_server_may(int call, string[] arguments, long result)
    {
        NeedInjection();
        using ImageMount mount = Mount(_image);
        int server = Processes.ServerOf(mount.Directory);
        arguments = [.. arguments.Select(argument => argument == "IMAGE" ? _image : argument)];
        foreach (int thread in Walls.ThreadsOf(server))
        {
            Assert.That(Injection.Call(thread, call, arguments), Is.EqualTo(result), $"thread {thread}");
        }

        Assert.That(mount.List().Entries, Is.Not.Empty);
    }

    [Test]
    public void It_is_the_owner_of_the_image_without_capabilities_and_gives_Linux_no_file_itself()
    {
        NeedInjection();
        using ImageMount mount = Mount(_image);
        Assert.That(mount.List().Entries, Is.Not.Empty);
        int server = Processes.ServerOf(mount.Directory);
        string connection = Directory.GetFiles($"/proc/{server}/fd").First(path => new FileInfo(path).LinkTarget == "/dev/fuse");
        foreach (int thread in Walls.ThreadsOf(server))
        {
            Dictionary<string, string> status = Walls.StatusOf(server, thread);
            Assert.That(status["Uid"], Is.EqualTo($"{Owner}\t{Owner}\t{Owner}\t{Owner}"));
            Assert.That((status["CapPrm"], status["CapEff"]), Is.EqualTo(("0000000000000000", "0000000000000000")));
            Assert.That((status["NoNewPrivs"], status["Seccomp"]), Is.EqualTo(("1", "2")));
            Assert.That(Injection.Call(thread, 16, Path.GetFileName(connection), "0x4010E501", "0"), Is.EqualTo(NotPermitted), "FUSE_DEV_IOC_BACKING_OPEN");
            Assert.That(Injection.Call(thread, 304, "3", "0", "0"), Is.EqualTo(NotPermitted), "open_by_handle_at");
        }
    }

    [Test]
    public void It_sends_open_files_to_one_process_and_to_nobody_else()
    {
        NeedInjection();
        using ImageMount mount = Mount(_image);
        int server = Processes.ServerOf(mount.Directory);
        int thread = Walls.ThreadsOf(server)[0];
        string[] sockets =
        [
            .. Directory.GetFiles($"/proc/{server}/fd").Where(path => new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true)
                .Select(path => Path.GetFileName(path)!),
        ];
        long[] sent = [.. sockets.Select(socket => Injection.Call(thread, 46, socket, "0", "0"))];
        Assert.That(sockets, Has.Length.GreaterThan(1), "another is that to its keeper");
        Assert.That(sent, Has.One.EqualTo(BadAddress).And.Exactly(sent.Length - 1).EqualTo(NotPermitted));
        Assert.That(Injection.Call(thread, 3, sockets[Array.IndexOf(sent, BadAddress)]), Is.EqualTo(NotPermitted), "close");
    }

    [TestCase("strict")]
    [TestCase("basic")]
    [TestCase("off")]
    public void The_tree_is_that_of_the_server_and_Linux_asks_for_no_byte(string sandbox)
    {
        using var served = ImageMount.Mount(_image);
        using ImageMount mount = Mount(_image, $"sandbox={sandbox}");
        Assert.That(mount.List().AllDifferencesFrom(served.List(), "statfs"), Is.Empty);
        Assert.That(Tool.Run(Make.Published, "stats", mount.Directory).Succeeded().Text, Does.Not.Match(@"\n +read: +[1-9]"));
        Assert.That(ProcessesOfLinux(mount), Has.Length.EqualTo(sandbox == "off" ? 0 : 1));
    }

    [Test]
    public void The_sandbox_that_nobody_asks_for_is_the_strict_one()
    {
        using var mount = ImageMount.Prepare(_image);
        ToolResult said = Tool.Run(Make.Published, "mount", "-v", "-o", "passthrough", _image, mount.Directory).Succeeded();
        Assert.That(said.Error, Is.EqualTo("imagefs: sandbox: strict\n"));
    }

    [Test]
    public void Nothing_is_left_of_a_server_that_is_killed()
    {
        using ImageMount mount = Mount(_image);
        Assert.That(mount.List().Entries, Is.Not.Empty);
        int other = ProcessesOfLinux(mount).Single();
        Tool.Run("kill", "-KILL", $"{Processes.ServerOf(mount.Directory)}").Succeeded();
        Assert.That(ImageMount.Eventually(() => !ProcessTable.IsRunning(other)));
        Assert.That(Tool.Run("stat", "-f", mount.Directory).ExitCode, Is.Not.Zero, "the connection has ended");
    }

    [Test]
    public void Where_the_process_is_killed_that_gives_Linux_files_the_server_serves_them()
    {
        using ImageMount mount = Mount(_image);
        using var served = ImageMount.Mount(_image);
        Tool.Run("kill", "-KILL", $"{ProcessesOfLinux(mount).Single()}").Succeeded();
        Assert.That(mount.List().AllDifferencesFrom(served.List(), "statfs"), Is.Empty);
        mount.Unmount().Succeeded();
    }

    [Test]
    public void Who_gives_Linux_files_believes_nothing()
    {
        Need.Program("python3", "python3");
        File.WriteAllText(_folder["text"], "text");
        ToolResult said = Tool.Run("python3", "-c", Liar, Make.Published, _image, _folder["text"]).Succeeded();
        Assert.That(said.Text + said.Error, Is.Empty);
    }

    private static ImageMount Mount(string image, string options = "sandbox=strict")
    {
        var mount = ImageMount.Prepare(image);
        Tool.Run(Make.Published, "mount", "-o", $"passthrough,{options}", image, mount.Directory).Succeeded();
        return mount;
    }

    // Children of the server.
    private static int[] ProcessesOfLinux(ImageMount mount)
    {
        int server = Processes.ServerOf(mount.Directory);
        return
        [
            .. ProcessTable.Find("imagefs", "--backing")
                .Where(process => File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[1] == $"{server}"),
        ];
    }

    private static void NeedInjection()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Ignore("Native/inject.c is for x86-64");
        }
    }
}
