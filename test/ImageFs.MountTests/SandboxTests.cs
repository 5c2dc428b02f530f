using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// The walls around the server of the program in one file: every thread of a real one is made to call the kernel, as it would if an image had taken
/// its parser over.
/// </summary>
public sealed class SandboxTests
{
    private const int Owner = 1234;
    private const int PermissionDenied = Walls.PermissionDenied;
    private const int NotPermitted = Walls.NotPermitted;
    private const int Busy = -16;
    private const int Register = 427; // io_uring_register

    private TestFolder _folder = null!;
    private string _image = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Fuse();
        Need.Root();
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Ignore("Native/inject.c is for x86-64");
        }

        _folder = new TestFolder();
        _image = _folder["sample.iso"];
        File.Copy(TestImages.Get("sample"), _image);
        File.WriteAllText(_folder["beside"], "beside");
        Tool.Run("chmod", "755", _folder.Path).Succeeded();
        Tool.Run("chown", $"{Owner}", _image).Succeeded();
        Tool.Run("chmod", "600", _image).Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _folder?.Dispose();

    [TestCaseSource(typeof(Walls), nameof(Walls.Attempts))]
    public void No_thread_of_a_server_may(int call, string[] arguments, long result)
    {
        using Server server = Server.Start(_image, "strict");
        Walls.Try(server.Threads, call, arguments, _image, result);

        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
    }

    // What runs was mapped before the image was read: a library's code is moved to its place where a decoder needs it.
    [Test]
    public void No_thread_of_a_server_maps_a_file_to_run([Values] bool isFixed)
    {
        using Server server = Server.Start(_image, "strict");
        foreach (int thread in server.Threads)
        {
            Assert.That(Walls.MapToRun(thread, server.FindDescriptor(_image), isFixed), Is.EqualTo(NotPermitted), $"thread {thread}");
            foreach (string library in (string[])["libc.so.6", "libz.so.1"])
            {
                long descriptor = Injection.Call(thread, 2, server.FindLibrary(library), "0");
                Assert.That(descriptor, Is.Not.Negative, library);
                Assert.That(Walls.MapToRun(thread, descriptor, isFixed), Is.EqualTo(NotPermitted), library);
                Assert.That(Injection.Call(thread, 3, $"{descriptor}"), Is.Zero);
            }
        }

        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
    }

    [Test]
    public void Names_of_accounts_are_found_before_it([Values("strict", "basic")] string sandbox)
    {
        using Server server = Server.Start(TestImages.Get("level1"), $"{sandbox},uid=daemon,gid=daemon");
        Assert.That(
            Tool.Run("stat", "-c", "%U %G", server.Directory).Succeeded().Text,
            Is.EqualTo("daemon daemon\n"));
        Assert.That(Injection.Call(server.Threads[0], 2, "/etc/passwd", "0"), sandbox == "strict" ? Is.EqualTo(PermissionDenied) : Is.Not.Negative);
    }

    [Test]
    public void The_sandbox_that_nobody_asks_for_is_the_strict_one()
    {
        using Server server = Server.Start(_image, string.Empty, "-v");
        Assert.That(server.Said, Is.EqualTo("imagefs: sandbox: strict\n"));
        foreach (int thread in server.Threads)
        {
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.EqualTo(PermissionDenied), $"thread {thread}");
            Assert.That(server.StatusOf(thread)["CapEff"], Is.EqualTo("0000000000000000"));
        }
    }

    [Test]
    public void A_server_may_read_beside_its_image()
    {
        using Server server = Server.Start(_image, "strict");
        Assert.That(Injection.Call(server.Threads[0], 2, _folder["beside"], "0"), Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void Without_a_sandbox_the_same_calls_are_obeyed()
    {
        using Server server = Server.Start(_image, "off");
        int thread = server.Threads[0];
        Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.GreaterThanOrEqualTo(0));
        Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.GreaterThanOrEqualTo(0));
        Assert.That(Injection.Call(thread, 62, $"{Environment.ProcessId}", "0"), Is.Zero);
        Assert.That(Injection.Call(thread, 9, "0", "4096", "7", "0x22", "-1", "0"), Is.GreaterThan(0));
        Assert.That(Walls.MapToRun(thread, server.FindDescriptor(_image), isFixed: false), Is.GreaterThan(0));
    }

    [Test]
    public void Root_becomes_the_owner_of_the_image_without_capabilities()
    {
        using Server server = Server.Start(_image, "strict");
        foreach (int thread in server.Threads)
        {
            Dictionary<string, string> status = server.StatusOf(thread);
            Assert.That(status["Uid"], Is.EqualTo($"{Owner}\t{Owner}\t{Owner}\t{Owner}"));
            Assert.That(status["CapEff"], Is.EqualTo("0000000000000000"));
            Assert.That(status["CapPrm"], Is.EqualTo("0000000000000000"));
            Assert.That(status["NoNewPrivs"], Is.EqualTo("1"));
            Assert.That(status["Seccomp"], Is.EqualTo("2"));
        }
    }

    [Test]
    public void An_image_of_roots_may_name_a_file_that_is_anothers_alone()
    {
        using var folder = new TestFolder();
        File.Copy(TestImages.Get("sample"), folder["base"]);
        Tool.Shell("cd \"$1\" && qemu-img create -q -f qcow2 -b base -F raw top && chown 1234 base && chmod 600 base", folder.Path).Succeeded();
        using Server server = Server.Start(folder["top"], string.Empty);
        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
        foreach (int thread in server.Threads)
        {
            Assert.That(server.StatusOf(thread)["CapPrm"], Is.EqualTo("00000000000000c4"));
            Assert.That(Injection.Call(thread, 2, "/etc/shadow", "0"), Is.EqualTo(PermissionDenied), $"thread {thread}");
            Assert.That(Injection.Call(thread, 2, "/tmp", "0x410002", "0x180"), Is.EqualTo(PermissionDenied), $"thread {thread}");
        }
    }

    [Test]
    public void What_comes_through_a_pipe_is_kept_without_the_right_to_write()
    {
        using var mount = ImageMount.Prepare(_image);
        Tool.Shell("cat \"$1\" | \"$2\" mount -v - \"$3\"", _image, Make.Published, mount.Directory).Succeeded();
        Assert.That(File.ReadAllText(mount["README.txt"]), Is.Not.Empty);
        int server = Processes.ServerOf(mount.Directory);
        Assert.That(Injection.Call(server, 2, "/var/tmp", "0x410002", "0x180"), Is.EqualTo(PermissionDenied));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void What_comes_through_a_pipe_is_nobodys_where_nobody_may_read_what_it_may_name(bool isShut)
    {
        using var folder = new TestFolder();
        Tool.Run("chmod", isShut ? "700" : "755", folder.Path).Succeeded();
        using var mount = ImageMount.Prepare(_image);
        Tool.Shell("cd \"$4\" && cat \"$1\" | \"$2\" mount - \"$3\"", _image, Make.Published, mount.Directory, folder.Path).Succeeded();
        Assert.That(File.ReadAllText(mount["README.txt"]), Is.Not.Empty);
        int server = Processes.ServerOf(mount.Directory);
        foreach (Dictionary<string, string> status in Walls.ThreadsOf(server).Select(thread => Walls.StatusOf(server, thread)))
        {
            if (isShut)
            {
                Assert.That((status["Uid"], status["CapPrm"]), Is.EqualTo(("0\t0\t0\t0", "00000000000000c4")));
            }
            else
            {
                Walls.AssertIsNobody(status);
            }
        }
    }

    // All that takes root is read before: passwords, headers and certificates.
    [Test]
    public void For_an_image_on_a_server_root_becomes_nobody_without_capabilities()
    {
        using var web = new WebServer();
        using var folder = new TestFolder();
        File.Copy(_image, web["a.iso"]);
        File.Copy(web.Authority, folder["ca"]);
        File.WriteAllText(folder["netrc"], $"machine localhost login {WebServer.User} password \"{WebServer.Password}\"\n");
        File.WriteAllText(folder["headers"], "X-Test: secret\n");
        Tool.Run("chmod", "700", folder.Path).Succeeded();
        string options = $"strict,ca={folder["ca"]},netrc={folder["netrc"]},http-header=@{folder["headers"]},cache=none";
        using Server server = Server.Start($"{web.Secure}secret/a.iso", options, "-v");
        Assert.That(server.Said, Is.EqualTo("imagefs: sandbox: strict\n"));
        foreach (int thread in server.Threads)
        {
            Walls.AssertIsNobody(server.StatusOf(thread));

            // Landlock allows the first.
            Assert.That(Injection.Call(thread, 2, Walls.FileOfRoots, "0"), Is.EqualTo(PermissionDenied), $"thread {thread}");
            Assert.That(Injection.Call(thread, 2, folder["netrc"], "0"), Is.EqualTo(PermissionDenied));
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.EqualTo(PermissionDenied));
            Assert.That(Injection.Call(thread, 105, "0"), Is.EqualTo(NotPermitted), "become root");
        }

        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
    }

    [TestCase("666", 65534)]
    [TestCase("600", 0)]
    [TestCase("600", Owner)]
    public void Behind_a_socket_that_nobody_may_connect_to_is_an_image_of_its_owners(string mode, int owner)
    {
        using var folder = new TestFolder();
        using var nbd = NbdServer.Nbdkit(folder, "file", _image);
        Tool.Run("chmod", mode, nbd.Socket).Succeeded();
        Tool.Run("chown", $"{(owner == Owner ? owner : 0)}", nbd.Socket).Succeeded();
        using Server server = Server.Start(nbd.Uri, "strict,cache=none", "-v");
        Assert.That(server.Said, Is.EqualTo("imagefs: sandbox: strict\n"));
        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
        foreach (int thread in server.Threads)
        {
            Dictionary<string, string> status = server.StatusOf(thread);
            Assert.That(status["Uid"], Is.EqualTo($"{owner}\t{owner}\t{owner}\t{owner}"));
            Assert.That(status["CapPrm"], Is.EqualTo("0000000000000000"));
            Assert.That(Injection.Call(thread, 2, Walls.FileOfRoots, "0"), owner == 0 ? Is.Not.Negative : Is.EqualTo(PermissionDenied));
        }
    }

    [Test]
    public void A_key_is_opened_before_root_becomes_the_owner_of_the_image()
    {
        Need.Program("cryptsetup", "cryptsetup-bin");
        using var folder = new TestFolder();
        Tool.Shell(
            """
            set -e
            cd "$1"
            printf secret >key && chmod 600 key && cp "$2" image && truncate -s +4M image && chown "$3" image
            cheap='--batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --luks2-metadata-size 16k --luks2-keyslots-size 1m'
            cryptsetup reencrypt --encrypt --type luks2 $cheap --reduce-device-size 4M --key-file key image
            """, folder.Path, TestImages.Get("ext/ext4"), $"{Owner}").Succeeded();
        using Server server = Server.Start(folder["image"], $"strict,noload,key-file={folder["key"]}", "-v");
        Assert.That(server.Said, Does.StartWith("imagefs: sandbox: strict\n"));
        Assert.That(System.IO.Directory.GetFileSystemEntries(server.Directory), Is.Not.Empty);
        foreach (int thread in server.Threads)
        {
            Assert.That(server.StatusOf(thread)["Uid"], Does.StartWith($"{Owner}\t"));
            Assert.That(Injection.Call(thread, 2, folder["key"], "0"), Is.EqualTo(PermissionDenied));
        }
    }

    [Test]
    public void Who_keeps_the_mount_busy_is_told_though_the_server_cannot_see_it()
    {
        using var mount = ImageMount.Prepare(_image);
        using Process server = Process.Start(Tool.Start(Make.Published, "mount", "-f", _image, mount.Directory))!;
        Assert.That(ImageMount.Eventually(() => mount.IsMounted));
        using Process user = Process.Start(Tool.Start("sh", "-c", "cd \"$1\" && exec sleep 300", "sh", mount.Directory))!;
        try
        {
            Assert.That(ImageMount.Eventually(() => new FileInfo($"/proc/{user.Id}/cwd").LinkTarget == mount.Directory));
            Tool.Run("kill", $"{server.Id}").Succeeded();
            Assert.That(server.StandardError.ReadLine(), Does.Contain($"in use by sleep (process {user.Id}: working directory)"));
        }
        finally
        {
            user.Kill();
            user.WaitForExit();
        }

        Assert.That(server.WaitForExit(Limits.Soon));
    }

    // It has become the image's owner, who may not enter the folder that root has mounted in.
    [Test]
    public void A_mount_that_its_server_cannot_come_to_ends_by_a_signal()
    {
        using var folder = new TestFolder();
        string directory = folder.CreateDirectory("closed/mount");
        Tool.Run("chmod", "700", folder["closed"]).Succeeded();
        using Process server = Process.Start(Tool.Start(Make.Published, "mount", "-f", _image, directory))!;
        try
        {
            Assert.That(ImageMount.Eventually(() => IsMounted()));
            Tool.Run("kill", $"{server.Id}").Succeeded();
            Assert.That(server.WaitForExit(Limits.Soon));
            Assert.That(IsMounted(), Is.False);
        }
        finally
        {
            if (IsMounted())
            {
                Tool.Run("umount", "-l", directory);
            }
        }

        bool IsMounted() => File.ReadAllText("/proc/self/mountinfo").Contains($" {directory} ", StringComparison.Ordinal);
    }

    // Its server has become another user by then; fusermount3 is not needed, and may not be there.
    [Test]
    public void Root_mounts_the_image_of_a_user_by_itself_and_the_mount_is_roots([Values("strict", "basic", "off")] string sandbox)
    {
        using var mount = ImageMount.Prepare(_image);
        const string Script =
            """
            for program in fusermount3 fusermount; do ! found=$(command -v $program) || mount --bind /bin/false "$(readlink -f "$found")"; done
            for access in allow_other allow_root; do
                "$1" mount -o "$access,sandbox=$4" "$2" "$3" && grep " $3 " /proc/self/mountinfo && cat "/sys/class/bdi/$(mountpoint -d "$3")/read_ahead_kb" && ls "$3" || exit 1
                ! setpriv --reuid="$5" --clear-groups ls "$3" >/dev/null || echo "$access: the image's owner comes in"
                "$1" umount "$3" || exit 1
            done
            """;
        string told = Tool.Run("unshare", "-m", "sh", "-c", Script, "sh", Make.Published, _image, mount.Directory, sandbox, $"{Owner}")
            .Succeeded().Text;
        Assert.That(Count("user_id=0,group_id=0,"), Is.EqualTo(2));
        Assert.That(Count("\n1024\n"), Is.EqualTo(2));
        Assert.That(Count("README.txt\n"), Is.EqualTo(2));
        Assert.That(told, Does.Contain("allow_other: the image's owner comes in").And.Not.Contain("allow_root: the image's owner comes in"));

        int Count(string text) => told.Split(text).Length - 1;
    }

    [Test]
    public void A_basic_one_reads_what_its_user_may_and_writes_nothing()
    {
        using Server server = Server.Start(_image, "basic");
        foreach (int thread in server.Threads)
        {
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.GreaterThanOrEqualTo(0));
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "1"), Is.EqualTo(PermissionDenied));
            Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.EqualTo(NotPermitted));
        }
    }

    [Test]
    public void What_cannot_be_strict_is_basic_and_says_so()
    {
        using Server server = Server.Start(_image, "strict,backing=any");
        Assert.That(server.Said, Is.EqualTo("imagefs: sandbox: basic: with backing= files may lie anywhere\n"));
        Assert.That(server.StatusOf(server.Threads[0])["Seccomp"], Is.EqualTo("2"));
    }

    // What rings take at all is what IoUringTests try.
    [Test]
    public void A_server_with_rings_is_strict_and_its_rings_are()
    {
        using RingOffer offer = RingOffer.Make();
        using Server server = Server.Start(_image, "strict,transport=uring", "-v");
        Assert.That(server.Said, Is.EqualTo("imagefs: sandbox: strict\n"));
        string[] rings = [.. server.FindDescriptors("anon_inode:[io_uring]").Select(number => $"{number}")];
        Assert.That(rings, Is.Not.Empty);
        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
        var begun = new List<string>();
        foreach (int thread in server.Threads)
        {
            Assert.That(Injection.Call(thread, 425, "1", "0"), Is.EqualTo(NotPermitted), "make a ring");
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.EqualTo(PermissionDenied), "read a file of the system");
            Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.EqualTo(NotPermitted), "make a socket");
            foreach (string ring in rings)
            {
                // Rings are their threads' own, and these may not change what they take: IORING_REGISTER_BUFFERS, IORING_REGISTER_RESTRICTIONS.
                if (Injection.Call(thread, Register, ring, "0", "0", "0") == PermissionDenied)
                {
                    Assert.That(Injection.Call(thread, Register, ring, "11", "0", "0"), Is.EqualTo(PermissionDenied), "take other operations");
                    begun.Add(ring);
                }
            }
        }

        // One is kept for the case that a queue is refused. Who switches it on (IORING_REGISTER_ENABLE_RINGS) has no more of it.
        string[] kept = [.. rings.Except(begun)];
        Assert.That(begun, Is.Unique);
        Assert.That(kept, Has.Length.EqualTo(1));
        Assert.That(Injection.Call(server.Threads[0], Register, kept[0], "11", "0", "0"), Is.EqualTo(Busy));
        Assert.That(Injection.Call(server.Threads[0], Register, kept[0], "12", "0", "0"), Is.Zero);
        Assert.That(Injection.Call(server.Threads[0], Register, kept[0], "0", "0", "0"), Is.EqualTo(PermissionDenied));
        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "README.txt")), Is.Not.Empty);
    }

    [Test]
    public void The_server_of_a_folder_of_images_reads_that_folder_and_what_links_in_it_lead_to()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["images"]);
        Directory.CreateDirectory(folder["images/below"]);
        File.Copy(_image, folder["images/below/one.iso"]);
        File.Copy(_image, folder["two.iso"]);
        File.Copy(_image, folder["three.iso"]);
        File.CreateSymbolicLink(folder["images/linked.iso"], "../two.iso");
        using Server server = Server.Start(folder["images"], string.Empty, "-v", "--tree");
        Assert.That(server.Said, Is.EqualTo("imagefs: sandbox: strict\n"));
        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "below/one.iso/README.txt")), Is.Not.Empty);
        Assert.That(File.ReadAllText(Path.Combine(server.Directory, "linked.iso/README.txt")), Is.Not.Empty);
        foreach (int thread in server.Threads)
        {
            Assert.That(Injection.Call(thread, 2, "/etc/passwd", "0"), Is.EqualTo(PermissionDenied), $"thread {thread}");
            Assert.That(Injection.Call(thread, 2, folder["three.iso"], "0"), Is.EqualTo(PermissionDenied));
            Assert.That(Injection.Call(thread, 41, "2", "1", "0"), Is.EqualTo(NotPermitted));
            Assert.That(server.StatusOf(thread)["CapPrm"], Is.EqualTo("0000000000000004"));
        }
    }

    /// <summary>A server of the program in one file.</summary>
    private sealed class Server : IDisposable
    {
        private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(100);

        private readonly ImageMount _mount;
        private readonly int _process;

        private Server(ImageMount mount, string said)
        {
            _mount = mount;
            Said = said;
            _process = Processes.ServerOf(mount.Directory);
        }

        public string Directory => _mount.Directory;

        /// <summary>What the mount wrote to standard error.</summary>
        public string Said { get; }

        /// <summary>Its threads, the first one first: those that stay, since one finds something out when the mount answers, and ends.</summary>
        public int[] Threads
        {
            get
            {
                int[] threads;
                do
                {
                    threads = Walls.ThreadsOf(_process);
                    Thread.Sleep(s_moment);
                }
                while (!threads.SequenceEqual(Walls.ThreadsOf(_process)));
                return threads;
            }
        }

        /// <summary>The descriptor that the server has of a file.</summary>
        public int FindDescriptor(string path) => FindDescriptors(path).First();

        /// <summary>All descriptors that the server has of what is called so.</summary>
        public IEnumerable<int> FindDescriptors(string path) => System.IO.Directory.GetFiles($"/proc/{_process}/fd")
            .Where(link => new FileInfo(link).LinkTarget == path).Select(link => int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture));

        /// <summary>A library beside the C library that the server has.</summary>
        public string FindLibrary(string name) => File.ReadLines($"/proc/{_process}/maps").Where(line => line.EndsWith("/libc.so.6", StringComparison.Ordinal))
            .Select(line => Path.Combine(Path.GetDirectoryName(line[line.IndexOf('/', StringComparison.Ordinal)..])!, name)).First();

        /// <summary>Mounts an image.</summary>
        /// <param name="image">Its path.</param>
        /// <param name="sandbox">The value of the option, and further options; empty for none.</param>
        /// <param name="further">Further words.</param>
        public static Server Start(string image, string sandbox, params string[] further)
        {
            var mount = ImageMount.Prepare(image);
            string[] options = sandbox.Length > 0 ? ["-o", $"sandbox={sandbox}"] : [];
            ToolResult result = Tool.Run(Make.Published, ["mount", .. options, .. further, image, mount.Directory]).Succeeded();
            return new Server(mount, result.Error);
        }

        public Dictionary<string, string> StatusOf(int thread) => Walls.StatusOf(_process, thread);

        public void Dispose() => _mount.Dispose();
    }
}
