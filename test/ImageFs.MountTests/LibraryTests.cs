using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A folder of images, mounted as one tree: <c>imagefs mount --tree</c>.</summary>
internal sealed class LibraryTests
{
    // Inode numbers of several images under one root cannot be those of each.
    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["ino"])];

    [Test]
    public void Every_image_is_a_folder_that_shows_what_it_shows_alone()
    {
        using Library library = new();
        string[] images = ["discs/rockridge.iso", "discs/udf.img", "disks/fat.img", "disks/ext", "disks/parts.raw", "disks/disk.qcow2"];
        library.Add("rockridge", images[0]);
        library.Add("udf/hd201", images[1]);
        library.Add("fat/fat16", images[2]);
        library.Add("ext/inline", images[3]);
        MakePartitions(library[images[4]]);
        VirtualDisk.Make(library[images[4]], library[images[5]], "qcow2");
        File.WriteAllText(library["disks/README.txt"], "no image");

        using ImageMount mount = library.Mount();
        Assert.That(Names(mount.Directory), Is.EqualTo(new[] { "discs", "disks" }));
        Assert.That(Names(mount["disks"]), Is.EqualTo(new[] { "disk.qcow2", "ext", "fat.img", "parts.raw" }));
        Assert.Multiple(() =>
        {
            foreach (string image in images)
            {
                using var alone = ImageMount.Mount(library[image]);
                TreeListing expected = WithoutRoot(alone.List());
                Assert.That(expected.Count, Is.GreaterThan(5), image);
                Assert.That(WithoutRoot(TreeWalker.List(mount[image])).DifferencesFrom(expected, s_facts), Is.Empty, image);
            }
        });
    }

    [Test]
    public void No_two_nodes_have_one_inode_number()
    {
        using Library library = new();
        library.Add("rockridge", "one.iso");
        library.Add("rockridge", "two.iso");
        MakePartitions(library["parts.raw"]);

        using ImageMount mount = library.Mount();
        string script = "find \"$1\" ! -type f -o -links 1 | xargs -d '\\n' stat -c %i | sort | uniq -d";
        Assert.That(Tool.Shell(script, mount.Directory).Succeeded().Text, Is.Empty);
    }

    [Test]
    public void An_image_is_opened_when_entered_and_closed_when_idle()
    {
        using Library library = new();
        library.Add("rockridge", "one.iso");
        library.Add("joliet", "two.iso");

        using ImageMount mount = library.Mount("idle=5");
        Tool.Run("ls", "-l", mount.Directory).Succeeded();
        Assert.That(library.OpenBy(mount), Is.Empty, "listing the folder opens none");

        Tool.Run("sh", "-c", "cat \"$1\"/*/* > /dev/null; true", "sh", mount.Directory).Succeeded();
        Assert.That(library.OpenBy(mount), Is.EquivalentTo(new[] { "one.iso", "two.iso" }));
        Assert.That(ImageMount.Eventually(() => library.OpenBy(mount).Length == 0), Is.True, "nobody uses them");

        // What the kernel knows of it is as good as it was.
        using var alone = ImageMount.Mount(library["one.iso"]);
        Assert.That(WithoutRoot(TreeWalker.List(mount["one.iso"])).DifferencesFrom(WithoutRoot(alone.List()), s_facts), Is.Empty);
    }

    [Test]
    public void A_file_that_is_being_read_is_right_to_its_end_however_idle_the_rest()
    {
        using Library library = new();
        string content = library["content"];
        Tool.Shell("head -c 3000000 /dev/urandom > \"$1\"", content).Succeeded();
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-o", library["big.iso"], content).Succeeded();

        using ImageMount mount = library.Mount("idle=1");
        string name = Names(mount["big.iso"]).Single();
        using FileStream file = File.OpenRead(mount[$"big.iso/{name}"]);
        byte[] read = new byte[3_000_000];
        int half = read.Length / 2;
        file.ReadExactly(read.AsSpan(0, half));
        Assert.That(ImageMount.Eventually(() => library.OpenBy(mount).Length == 0), Is.True, "the image was closed in the middle");
        file.ReadExactly(read.AsSpan(half));
        Assert.That(read, Is.EqualTo(File.ReadAllBytes(content)));
    }

    [Test]
    public void However_many_are_entered_few_are_open()
    {
        const int Count = 80;
        using Library library = new();
        for (int number = 0; number < Count; number++)
        {
            library.Add("rockridge", $"{number}.iso");
        }

        using ImageMount mount = library.Mount();
        string[] listings = [.. Enumerable.Range(0, Count).Select(number => string.Join(' ', Names(mount[$"{number}.iso"])))];
        Assert.That(listings.Distinct().Count(), Is.EqualTo(1));
        Assert.That(library.OpenBy(mount).Length, Is.InRange(1, Count), "those forgotten close themselves");

        // Still the right ones.
        string sums = Tool.Shell("cd \"$1\" && md5sum */size-100000 | cut -d ' ' -f 1 | sort -u", mount.Directory).Succeeded().Text;
        Assert.That(sums.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
    }

    [Test]
    public void What_comes_goes_or_changes_shows()
    {
        using Library library = new();
        library.Add("rockridge", "disc.iso");
        using ImageMount mount = library.Mount();
        string[] before = Names(mount["disc.iso"]);

        File.Copy(TestImages.Get("joliet"), library["new"]);
        File.Move(library["new"], library["disc.iso"], overwrite: true);
        library.Add("joliet", "other.iso");
        using var joliet = ImageMount.Mount(library["other.iso"]);
        Assert.That(ImageMount.Eventually(() => Names(mount.Directory).SequenceEqual(["disc.iso", "other.iso"])), Is.True);
        Assert.That(ImageMount.Eventually(() => !Names(mount["disc.iso"]).SequenceEqual(before)), Is.True);
        Assert.That(WithoutRoot(TreeWalker.List(mount["disc.iso"])).DifferencesFrom(WithoutRoot(joliet.List()), s_facts), Is.Empty, "the new one whole");

        File.Delete(library["disc.iso"]);
        Assert.That(ImageMount.Eventually(() => Names(mount.Directory).SequenceEqual(["other.iso"])), Is.True);
        Assert.That(ImageMount.Eventually(() => !Directory.Exists(mount["disc.iso"])), Is.True);
    }

    [Test]
    public void A_damaged_image_is_an_error_of_its_own_and_said_once()
    {
        using Library library = new();
        library.Add("rockridge", "good.iso");
        File.WriteAllBytes(library["bad.iso"], new byte[100_000]);
        File.CreateSymbolicLink(library["gone.iso"], "nowhere.iso");

        using var mount = ImageMount.Prepare(library.Path);
        using var server = ImageFsProgram.Start("mount", "-f", "--tree", library.Path, mount.Directory);
        Assert.That(ImageMount.Eventually(() => mount.IsMounted), Is.True);
        Assert.That(Names(mount.Directory), Is.EqualTo(new[] { "bad.iso", "good.iso" }));
        ToolResult list = Tool.Run("ls", mount["bad.iso"]);
        Assert.That(list.ExitCode, Is.Not.Zero);
        Assert.That(list.Error, Does.Contain("Operation not supported"));
        Assert.That(Tool.Run("ls", mount["bad.iso"]).ExitCode, Is.Not.Zero);
        Assert.That(Names(mount["good.iso"]), Is.Not.Empty);

        mount.Unmount().Succeeded();
        Assert.That(server.WaitForExit(Limits.Soon), Is.True);
        string[] told = [.. server.StandardError.ReadToEnd().Split('\n').Where(line => line.Contains("bad.iso:", StringComparison.Ordinal))];
        Assert.That(told, Has.Length.EqualTo(1), "once, with its name");
    }

    [Test]
    public void The_mount_point_and_links_to_folders_are_left_out()
    {
        using Library library = new();
        library.Add("rockridge", "disc.iso");
        string directory = Directory.CreateDirectory(library["mnt"]).FullName;
        Directory.CreateSymbolicLink(library["loop"], ".");
        try
        {
            ImageFsProgram.Run("mount", "--tree", library.Path, directory).Succeeded();
            Assert.That(Names(directory), Is.EqualTo(new[] { "disc.iso" }));
        }
        finally
        {
            ImageFsProgram.Run("umount", directory);
        }
    }

    [Test]
    public void Who_may_not_read_an_image_may_not_look_into_it()
    {
        using Library library = new();
        library.Add("rockridge", "open.iso");
        library.Add("rockridge", "secret.iso");
        File.SetUnixFileMode(library["secret.iso"], UnixFileMode.UserRead);

        using ImageMount mount = library.Mount("allow_other");
        string[] nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        Tool.Run(nobody[0], [.. nobody[1..], "ls", mount["open.iso"]]).Succeeded();
        Assert.That(Tool.Run(nobody[0], [.. nobody[1..], "ls", mount["secret.iso"]]).Error, Does.Contain("Permission denied"));
    }

    [TestCase("no-such-folder", "No such file")]
    [TestCase("disc.iso", "Not a directory")]
    public void What_is_no_folder_is_said(string name, string reason)
    {
        using Library library = new();
        library.Add("rockridge", "disc.iso");
        using var mount = ImageMount.Prepare(library[name]);
        ToolResult said = ImageFsProgram.Run("mount", "--tree", library[name], mount.Directory);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Contain(reason));
        Assert.That(mount.IsMounted, Is.False);
    }

    private static string[] Names(string directory) =>
        [.. Tool.Run("ls", "-A", directory).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static TreeListing WithoutRoot(TreeListing listing) => listing.Where(entry => entry.Path != "/");

    private static void MakePartitions(string disk)
    {
        Tool.Shell("truncate -s 14M \"$1\" && printf 'label: gpt\\nstart=2048,size=8192\\nstart=12288,size=8192\\n' | sfdisk -q \"$1\"", disk).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", Path.Combine(TestImages.Sources, "docs"), "-E", "offset=1048576", disk, "4M").Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext2", "-d", Path.Combine(TestImages.Sources, "docs"), "-E", "offset=6291456", disk, "4M").Succeeded();
    }

    // A folder of images.
    private sealed class Library : IDisposable
    {
        private readonly TestFolder _folder = new();

        public string Path => _folder.Path;

        public string this[string name] => _folder[name];

        public void Add(string image, string name)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
            File.Copy(TestImages.Get(image), this[name]);
        }

        public ImageMount Mount(string options = "") =>
            ImageMount.Mount(Path, options.Length == 0 ? "tree" : $"tree,{options}");

        /// <summary>The images that a mount's server has open, or who reads them for it.</summary>
        public string[] OpenBy(ImageMount mount)
        {
            using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
            int server = stats.RootElement.GetProperty("pid").GetInt32();
            return
            [
                .. (from process in ProcessTable.Find("imagefs", words => words[0] == "--reader" && words.Contains(Path)).Append(server)
                    from descriptor in Directory.GetFiles($"/proc/{process}/fd")
                    let target = new FileInfo(descriptor).LinkTarget
                    where target is not null && target.StartsWith(Path, StringComparison.Ordinal)
                    select System.IO.Path.GetFileName(target)).Distinct(),
            ];
        }

        public void Dispose() => _folder.Dispose();
    }
}
