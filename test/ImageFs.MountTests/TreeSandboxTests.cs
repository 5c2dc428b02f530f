using System.Diagnostics;
using System.Runtime.InteropServices;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// A folder of images of several users, mounted by root with the program in one file: the images of each user are read by a process that has that user's
/// rights at most, and the server of the mount reads none.
/// </summary>
public sealed class TreeSandboxTests
{
    private const int Owner = 1234;
    private const int Stranger = 4321;

    // Inode numbers of several images under one root cannot be those of each.
    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["ino"])];

    private TestFolder _folder = null!;

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
        Tool.Run("chmod", "755", _folder.Path).Succeeded();
        foreach ((string name, int owner) in ((string, int)[])[("roots.iso", 0), ("one.iso", Owner), ("two.iso", Owner), ("strange.iso", Stranger), ("unnamed", Stranger)])
        {
            File.Copy(TestImages.Get("sample"), _folder[name]);
            Tool.Run("chown", $"{owner}", _folder[name]).Succeeded();
            Tool.Run("chmod", "600", _folder[name]).Succeeded();
        }
    }

    [OneTimeTearDown]
    public void TearDown() => _folder?.Dispose();

    [TestCaseSource(typeof(Walls), nameof(Walls.Attempts))]
    public void No_thread_of_a_reader_may(int call, string[] arguments, long result)
    {
        using var tree = new Mounted(_folder.Path);
        tree.Read("one.iso");
        Walls.Try(Walls.ThreadsOf(tree.ReaderOf(Owner)), call, arguments, _folder["one.iso"], result);
        tree.Read("two.iso");
    }

    [Test]
    public void Each_user_has_a_process_with_the_rights_of_that_user()
    {
        using var tree = new Mounted(_folder.Path);
        Assert.That(tree.Readers, Is.Empty, "nobody has looked into an image");
        foreach (string image in (string[])["roots.iso", "one.iso", "two.iso", "strange.iso"])
        {
            tree.Read(image);
        }

        Assert.That(tree.Readers, Has.Length.EqualTo(3));
        foreach (int user in (int[])[Owner, Stranger])
        {
            int reader = tree.ReaderOf(user);
            foreach (int thread in Walls.ThreadsOf(reader))
            {
                Dictionary<string, string> status = Walls.StatusOf(reader, thread);
                Assert.That(status["Uid"].Split('\t'), Is.All.EqualTo($"{user}"));
                Assert.That(status["Gid"].Split('\t'), Has.None.EqualTo("0"));
                Assert.That(status["CapPrm"] + status["CapEff"], Is.EqualTo(new string('0', 32)));
                Assert.That(status["NoNewPrivs"], Is.EqualTo("1"));
                Assert.That(status["Seccomp"], Is.EqualTo("2"));
            }
        }
    }

    // What is closed to the others by the modes of their files stays so, and so does what is open in their processes.
    [Test]
    public void Nobody_reads_the_images_of_others()
    {
        using var tree = new Mounted(_folder.Path);
        tree.Read("one.iso");
        tree.Read("strange.iso");
        int reader = tree.ReaderOf(Owner), other = tree.ReaderOf(Stranger);
        foreach (int thread in Walls.ThreadsOf(reader))
        {
            Assert.That(Injection.Call(thread, 2, _folder["strange.iso"], "0"), Is.EqualTo(Walls.PermissionDenied), $"thread {thread}");
            Assert.That(Injection.Call(thread, 2, _folder["roots.iso"], "0"), Is.EqualTo(Walls.PermissionDenied));
            Assert.That(Injection.Call(thread, 2, $"/proc/{other}/mem", "0"), Is.EqualTo(Walls.PermissionDenied));
            Assert.That(Injection.Call(thread, 2, $"/proc/{tree.Server}/fd", "0x10000"), Is.EqualTo(Walls.PermissionDenied));
            Assert.That(Injection.Call(thread, 62, $"{other}", "0"), Is.EqualTo(Walls.NotPermitted));
            long own = Injection.Call(thread, 2, _folder["two.iso"], "0");
            Assert.That(own, Is.Positive);
            Assert.That(Injection.Call(thread, 3, $"{own}"), Is.Zero);
        }
    }

    [Test]
    public void The_server_of_the_mount_has_no_image_open_before_somebody_reads_a_file()
    {
        using var tree = new Mounted(_folder.Path);
        Tool.Run("ls", "-lR", tree.Directory).Succeeded();
        Assert.That(tree.Readers, Has.Length.EqualTo(3));
        Assert.That(Directory.GetFiles($"/proc/{tree.Server}/fd").Select(link => new FileInfo(link).LinkTarget), Has.None.StartsWith(_folder.Path));
    }

    [Test]
    public void A_reader_that_is_killed_is_an_error_at_most_and_another_takes_its_place()
    {
        using var tree = new Mounted(_folder.Path);
        tree.Read("one.iso");
        tree.Read("strange.iso");
        int killed = tree.ReaderOf(Owner), other = tree.ReaderOf(Stranger);
        Process.GetProcessById(killed).Kill();
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(killed)), Is.True);

        // Of what the kernel has kept nobody asks again; whoever asks first may hear of it.
        Tool.Run("ls", Path.Combine(tree.Directory, "two.iso"));
        tree.Read("two.iso");
        using var alone = ImageMount.Mount(_folder["one.iso"]);
        Assert.That(WithoutRoot(TreeWalker.List(Path.Combine(tree.Directory, "one.iso"))).DifferencesFrom(WithoutRoot(alone.List()), s_facts), Is.Empty);
        Assert.That(tree.ReaderOf(Owner), Is.Not.EqualTo(killed));
        Assert.That(tree.ReaderOf(Stranger), Is.EqualTo(other));
    }

    [Test]
    public void A_reader_ends_when_nobody_looks_into_its_images_and_with_the_mount()
    {
        int[] readers;
        using (var tree = new Mounted(_folder.Path, "idle=1"))
        {
            tree.Read("one.iso");
            Assert.That(tree.Readers, Has.Length.EqualTo(1));
            Assert.That(ImageMount.Eventually(() => tree.Readers.Length == 0), Is.True);
            Tool.Run("ls", Path.Combine(tree.Directory, "one.iso", ".")).Succeeded();
            Tool.Run("cat", Path.Combine(tree.Directory, "two.iso", "README.txt")).Succeeded();
            readers = tree.Readers;
            Assert.That(readers, Has.Length.EqualTo(1));
        }

        Assert.That(ImageMount.Eventually(() => !readers.Any(Processes.IsRunning)), Is.True);
    }

    [Test]
    public void Without_a_sandbox_and_with_images_in_images_there_is_one_process([Values("sandbox=off", "nested")] string options)
    {
        using var tree = new Mounted(_folder.Path, options);
        tree.Read("one.iso");
        Assert.That(tree.Readers, Is.Empty);
    }

    [Test]
    public void All_formats_show_what_they_show_alone()
    {
        using var folder = new TestFolder();
        (string Image, string Name)[] images =
        [
            ("rockridge", "rockridge.iso"), ("zisofs2", "zisofs2.iso"), ("udf/hd201", "udf.img"), ("ext/inline", "inline.img"), ("fat/fat16", "fat.img"), ("btrfs/small", "btrfs.img"), ("ntfs/tree", "ntfs.img"),
        ];
        foreach ((string image, string name) in images)
        {
            File.Copy(TestImages.Get(image), folder[name]);
        }

        Tool.Run("qemu-img", "convert", "-c", "-O", "qcow2", folder["fat.img"], folder["fat.qcow2"]).Succeeded();
        Tool.Shell("gzip -k \"$1\"", folder["udf.img"]).Succeeded();
        using var tree = new Mounted(folder.Path);
        Assert.Multiple(() =>
        {
            foreach (string name in (string[])[.. images.Select(image => image.Name), "fat.qcow2", "udf.img.gz"])
            {
                using var alone = ImageMount.Mount(folder[name]);
                TreeListing expected = WithoutRoot(alone.List());
                Assert.That(expected.Count, Is.GreaterThan(3), name);
                Assert.That(WithoutRoot(TreeWalker.List(Path.Combine(tree.Directory, name))).DifferencesFrom(expected, s_facts), Is.Empty, name);
            }
        });
        Assert.That(tree.Readers, Has.Length.EqualTo(1));
    }

    private static TreeListing WithoutRoot(TreeListing listing) => listing.Where(entry => entry.Path != "/");

    /// <summary>A folder of images, mounted by the program in one file.</summary>
    private sealed class Mounted : IDisposable
    {
        private readonly ImageMount _mount;
        private readonly string _folder;

        public Mounted(string folder, string options = "ro")
        {
            _folder = folder;
            _mount = ImageMount.Prepare(folder);
            Tool.Run(Make.Published, "mount", "--tree", "-o", options, folder, _mount.Directory).Succeeded();
            Server = Processes.ServerOf(_mount.Directory);
        }

        public string Directory => _mount.Directory;

        /// <summary>The process that serves the mount.</summary>
        public int Server { get; }

        /// <summary>The processes that read its images.</summary>
        public int[] Readers => [.. ProcessTable.Find("imagefs", words => words[0] == "--reader" && words.Contains(_folder)).Where(Processes.IsRunning)];

        /// <summary>The one for a user's images.</summary>
        public int ReaderOf(int user) => Readers.Single(reader => Walls.StatusOf(reader, reader)["Uid"].StartsWith($"{user}\t", StringComparison.Ordinal));

        /// <summary>Reads a file of one of its images.</summary>
        public void Read(string image) => Assert.That(File.ReadAllText(Path.Combine(Directory, image, "README.txt")), Is.Not.Empty);

        public void Dispose() => _mount.Dispose();
    }
}
