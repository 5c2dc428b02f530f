using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Btrfs on one device against this kernel's own driver: every name, and all that is recorded of it.</summary>
internal sealed class BtrfsTests
{
    private const int Limit = Limits.Test;

    // The directory that stands where a snapshot has no nested subvolume (BTRFS_EMPTY_SUBVOL_DIR_OBJECTID). Linux makes it up.
    private const string EmptyDirectory = "2";

    // With a way of rescue Linux keeps nothing free for changes from 6.18 on, and before it does.
    private const string StatFs = "statfs";

    private static readonly string[] s_facts = [.. Facts.Recorded, "order", StatFs];

    private static IEnumerable<string> Kept => TestImages.Names("btrfs");

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_the_kernel_shows([ValueSource(nameof(Kept))] string name) => Compare(TestImages.Get(name));

    [TestCase("", "compress=zstd:3")]
    [TestCase("-M -n 4096 -m single -d single --csum xxhash", "")]
    [TestCase("-n 65536 --csum sha256 -R quota", "compress-force=lzo")]
    [TestCase("-n 32768 --csum blake2 -m single", "max_inline=0")]
    [TestCase("-n 4096 -O ^no-holes,^skinny-metadata -R ^free-space-tree", "compress-force=zlib")]
    [CancelAfter(Limit)]
    public void The_tree_that_the_kernel_writes_is_what_the_kernel_shows(string options, string mountOptions)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        BtrfsImage.MakeFull(image, options, mountOptions);
        Compare(image);
    }

    // As where a disk was copied while it was in use, and a transaction ended meanwhile.
    [Test]
    [CancelAfter(Limit)]
    public void The_first_super_block_counts_where_its_copy_is_newer()
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        Tool.Shell("truncate -s 160M \"$1\" && mkfs.btrfs -q \"$1\"", image).Succeeded();
        using (var device = new LoopDevice(image))
        {
            using var mount = new KernelMount(device.Path, BtrfsImage.Type, "commit=3600,nodiscard");
            const string Write = "cd \"$1\" && echo $2 >$2 && btrfs filesystem sync .";
            Tool.Shell(Write, mount.Directory, "before").Succeeded();
            Tool.Shell("dd if=\"$1\" of=\"$2\" bs=4096 skip=16 count=1 status=none", image, folder["first"]).Succeeded();
            Tool.Shell(Write, mount.Directory, "after").Succeeded();
        }

        Tool.Shell("dd if=\"$2\" of=\"$1\" bs=4096 seek=16 conv=notrunc status=none", image, folder["first"]).Succeeded();
        using (var mount = ImageMount.Mount(image))
        {
            Assert.That(Directory.GetFiles(mount.Directory), Is.EqualTo(new[] { mount["before"] }));
        }

        Compare(image);
    }

    [TestCase("groups", "")]
    [TestCase("old", "subvol=/")]
    [TestCase("old", "subvolid=5")]
    [TestCase("old", "subvolid=0")]
    [TestCase("old", "subvol=snapshot")]
    [TestCase("small", "subvol=volumes/first")]
    [TestCase("small", "subvol=/volumes/first/directory/nested")]
    [TestCase("small", "subvol=/volumes/read-only")]
    [TestCase("small", "subvolid=257")]
    [TestCase("small", "subvolid=258,subvol=/volumes/first/directory/nested/deeper")]
    [CancelAfter(Limit)]
    public void A_subvolume_is_chosen_as_the_kernel_chooses_it(string name, string options) => Compare(TestImages.Get($"btrfs/{name}"), options);

    [TestCase("subvol=volumes/absent", "volumes/absent")]
    [TestCase("subvol=nodes", "nodes")]
    [TestCase("subvolid=9999", "9999")]
    [CancelAfter(Limit)]
    public void A_subvolume_that_is_not_there_is_refused_by_its_name(string options, string named)
    {
        (ToolResult said, bool mounted) = ImageMount.TryMount(TestImages.Get("btrfs/small"), options);
        Assert.That((mounted, said.ExitCode != 0), Is.EqualTo((false, true)));
        Assert.That(said.Error, Does.Contain(named));
    }

    [TestCase("rescue=usebackuproot")]
    [TestCase("rescue=ignorebadroots")]
    [TestCase("rescue=ignoredatacsums")]
    [TestCase("rescue=ignoremetacsums,rescue=ignoresuperflags")]
    [TestCase("rescue=ibadroots,rescue=idatacsums,rescue=imetacsums,rescue=isuperflags")]
    [TestCase("rescue=all")]
    [CancelAfter(Limit)]
    public void What_is_whole_is_the_same_with_every_way_of_rescue(string options) => Compare(TestImages.Get("btrfs/small"), options, s_facts.Except([StatFs]));

    [Test]
    [CancelAfter(Limit)]
    public void Links_on_the_way_to_a_subvolume_are_followed_as_the_kernel_follows_them()
    {
        // 40 links in a row are the most that Linux follows.
        const string Script =
            """
            cd "$1" && mkdir -p a/b && btrfs -q subvolume create a/b/volume && seq 10 >a/b/volume/file && mkdir a/b/volume/inside
            ln -s a/b/volume relative && ln -s /a/b/volume absolute && ln -s ../b a/b/self && ln -s loop loop && ln -s /nowhere broken
            ln -s a/b/volume link40 && for i in $(seq 39 -1 0); do ln -s link$((i + 1)) link$i; done
            """;
        using var folder = new TestFolder();
        string image = folder["made.img"];
        BtrfsImage.Make(image, mount => Tool.Shell(Script, mount.Directory).Succeeded(), size: "128M");
        int followed = 0;
        foreach (string path in (string[])["relative", "/absolute", "a/b/self/self/volume", "a/b/../b/volume", "relative/..//volume", "loop", "broken", "link0", "link1", "relative/file", "relative/inside"])
        {
            TreeListing? expected = null;
            try
            {
                expected = KernelTree.List(image, BtrfsImage.Type, $"subvol={path}");
            }
            catch (InvalidOperationException)
            {
                // The kernel does not find it.
            }

            if (expected is null)
            {
                Assert.That(ImageMount.TryMount(image, $"subvol={path}").Mounted, Is.False, path);
                continue;
            }

            followed++;
            using var mount = ImageMount.Mount(image, $"subvol={path}");
            Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty, path);
        }

        Assert.That(followed, Is.InRange(3, 10));
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_inode_number_is_one_inode_in_all_subvolumes()
    {
        string image = TestImages.Get("btrfs/small");
        TreeListing expected = KernelTree.List(image, BtrfsImage.Type);
        using var mount = ImageMount.Mount(image);
        TreeListing listing = mount.List();
        var numbers = new Dictionary<string, string>();
        var inodes = new Dictionary<string, string>();
        foreach (TreeEntry entry in expected.Entries)
        {
            string inode = entry["ino"] == EmptyDirectory ? entry.Path : $"{entry["dev"]}:{entry["ino"]}";
            string number = listing[entry.Path]["ino"]!;
            Assert.That(numbers.TryAdd(inode, number) ? number : numbers[inode], Is.EqualTo(number), $"{entry.Path} has another number by another name");
            Assert.That(inodes.TryAdd(number, inode) ? inode : inodes[number], Is.EqualTo(inode), $"{entry.Path} has the number of another inode");
        }

        Assert.That(numbers, Has.Count.LessThan(expected.Count), "no hard links");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_position_of_a_directory_leads_back_to_its_name()
    {
        using var mount = ImageMount.Mount(TestImages.Get("btrfs/small"));
        foreach (string directory in new[] { "names/many", "names/hash", "links", "volumes", "nodes/empty-directory" })
        {
            int names = Tool.Run("ls", "-aU", "-q", mount[directory]).Succeeded().Text.Count(letter => letter == '\n');
            Assert.That(TreeWalker.CheckPositions(mount[directory]), Is.EqualTo(names), directory);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_deleted_and_not_yet_gone_is_not_there()
    {
        // An unlinked file that is open, and a subvolume that the cleaner has not come to.
        const string Script =
            """
            set -e
            cd "$1"
            btrfs -q subvolume create deleted && seq -f deleted/%g 3000 | xargs touch
            seq 100000 >orphan
            exec 3<orphan
            rm orphan
            seq 1000 >kept
            btrfs -q filesystem sync .
            btrfs -q subvolume delete deleted
            btrfs -q filesystem sync .
            cp --sparse=always "$2" "$3"
            """;
        using var folder = new TestFolder();
        string image = folder["live.img"];
        string copy = folder["copy.img"];
        BtrfsImage.Make(image, mount => Tool.Shell(Script, mount.Directory, image, copy).Succeeded());
        Assert.That(Tool.Run("btrfs", "inspect-internal", "dump-tree", "-t", "5", copy).Succeeded().Text, Does.Contain("ORPHAN ORPHAN_ITEM"));
        Compare(copy);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_volume_that_was_balanced_converted_defragmented_and_renamed_is_what_the_kernel_shows()
    {
        const string Script =
            """
            set -e
            cd "$1"
            btrfs quota enable .
            btrfs -q balance start --full-balance .
            btrfs -q balance start -f -mconvert=single -dconvert=dup .
            btrfs filesystem defragment -r -clzo contents >&2
            btrfs -q filesystem label . "another label"
            btrfs subvolume set-default "$(btrfs inspect-internal rootid volumes/first)" .
            """;
        using var folder = new TestFolder();
        string image = folder["made.img"];
        BtrfsImage.MakeFull(image);
        BtrfsImage.Change(image, mount => Tool.Shell(Script, mount.Directory).Succeeded());
        Tool.Run("btrfstune", "-m", image).Succeeded();
        Compare(image);
        Compare(image, "subvolid=5");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Extents_that_name_the_same_bytes_again_and_again_are_not_listed_without_end()
    {
        // 64 GiB in a volume of 32 MiB: an extent of 8 MiB, doubled 13 times.
        const string Script =
            """
            cd "$1" && seq 2000000 | head -c 8M >large && sync
            for length in $(seq 0 12 | awk '{ print 8 * 2 ^ $1 }'); do xfs_io -c "reflink large 0 ${length}M ${length}M" large >&2; done
            """;
        Need.Program("xfs_io", "xfsprogs");
        using var folder = new TestFolder();
        string image = folder["made.img"];
        BtrfsImage.Make(image, mount => Tool.Shell(Script, mount.Directory).Succeeded(), "-M -m single -d single", size: "32M");

        ToolResult said = ImageFsProgram.Run("extents", image, "large");

        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Contain("more than 1000 times: what follows is not listed"));
        Assert.That(said.Text, Does.Match(@"\d{11} +\d+  mapped +\d+  logical addresses").And.Length.LessThan(2_000_000));
    }

    [TestCase("16384", "16384")]
    [TestCase("65536", "65536")]
    [CancelAfter(Limit)]
    public void Sectors_that_are_larger_than_pages_are_read_as_they_were_written(string sectorSize, string nodeSize)
    {
        Need.Program("mkfs.btrfs", "btrfs-progs");
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        string image = folder["made.img"];
        const string Script =
            """
            cd "$1" && mkdir -p d/e many
            seq 100000 >lines; printf tiny >d/tiny; : >d/e/empty; seq 5000 >d/e/file; ln -s ../lines d/link; chmod 751 d
            for i in $(seq 300); do echo $i >"many/name $i"; done
            find . -exec touch -h -d @1700000000 {} +
            truncate -s 256M "$2" && exec mkfs.btrfs -q -s "$3" -n "$4" --rootdir . "$2"
            """;
        Tool.Shell(Script, tree, image, sectorSize, nodeSize).Succeeded();
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().DifferencesFrom(Extracted.List(tree), Facts.All), Is.Empty);
        Assert.That(mount.List()["/"]["statfs"], Does.StartWith($"{sectorSize}:"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Btrfs_restore_reads_the_same_bytes()
    {
        Need.Program("btrfs", "btrfs-progs");
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        string image = TestImages.Get("btrfs/small");
        Tool.Run("btrfs", "restore", "-x", "-m", "-S", "--path-regex", "^/(|(nodes|contents|compressed|names|attributes)(|/.*))$", image, tree).Succeeded();
        using var mount = ImageMount.Mount(image);

        // The disk that it restores to has not all times.
        TreeListing restored = TreeWalker.List(tree).Where(entry => entry.IsFile && !entry.Path.Contains("/times/", StringComparison.Ordinal));
        Assert.That(restored.Count, Is.GreaterThan(100));
        TreeListing listing = mount.List().Where(entry => restored.Contains(entry.Path));
        Assert.That(listing.DifferencesFrom(restored, "size", "mode", "uid", "gid", "mtime", "sha256"), Is.Empty);
    }

    private static void Compare(string image, string options = "", IEnumerable<string>? facts = null)
    {
        TreeListing expected = KernelTree.List(image, BtrfsImage.Type, options);
        using var mount = ImageMount.Mount(image, options);
        Assert.That(mount.List().DifferencesFrom(expected.Select(WithoutWhatLinuxMakesUp), [.. facts ?? s_facts]), Is.Empty);
    }

    // Numbers in other subvolumes repeat those of the first; ours do not.
    private static TreeEntry WithoutWhatLinuxMakesUp(TreeEntry entry) => entry switch
    {
        _ when entry["ino"] == EmptyDirectory => entry.Only([.. entry.Facts.Keys.Except(["ino", "atime", "mtime", "ctime"])]),
        _ when entry["dev"] is not null => entry.Only([.. entry.Facts.Keys.Except(["ino"])]),
        _ => entry,
    };
}
