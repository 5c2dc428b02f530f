using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>XFS that this kernel may not be built for, version 4, real-time files, quotas, names in any case: against the machine in QEMU.</summary>
internal sealed class XfsOfOthersTests
{
    private const string Type = "xfs";
    private const int Limit = Limits.Test;

    [TestCase("-m crc=0 -b size=1k -i size=256,projid32bit=0 -l lazy-count=0 -n ftype=0")]
    [TestCase("-m crc=0 -n size=8k,ftype=1 -i size=512,attr=1")]
    [TestCase("-m crc=0 -b size=512 -i size=256 -l version=1 -n ftype=0")]
    [TestCase("-n version=ci")]
    [TestCase("-b size=4k", "usrquota,grpquota,prjquota")]
    [CancelAfter(Limit)]
    public void The_tree_is_what_Linux_shows(string options, string mountOptions = "")
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, options);
        Fill(image, mountOptions);

        // xfs_db 6.1 takes the hashes of Linux 6.4 and later for damage where names are of any case.
        if (!options.Contains("version=ci", StringComparison.Ordinal))
        {
            AddAttributes(image);
        }

        TreeListing expected = LinuxReader.Ask(new LinuxQuestion(image, mountOptions, Type)).Tree!;
        using var mount = ImageMount.Mount(image, mountOptions);
        Assert.That(mount.List().AllDifferencesFrom(expected, "dev"), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Real_time_files_are_read_from_their_device()
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        string realTime = folder["real-time.img"];
        Tool.Run("truncate", "-s", "64M", realTime).Succeeded();
        XfsImage.MakeEmpty(image, $"-r rtdev={realTime},extsize=16k -d rtinherit=1");
        Fill(image, "rtdev=$2", realTime);
        TreeListing expected = LinuxReader.Ask(new LinuxQuestion(image, "rtdev=$2", Type) { MoreImages = [realTime], IsWritable = true }).Tree!;
        using (var mount = ImageMount.Mount(image, $"rtdev={realTime}"))
        {
            Assert.That(mount.List().AllDifferencesFrom(expected, "dev"), Is.Empty);
        }

        using var alone = ImageMount.Mount(image);
        Assert.That(File.ReadAllText(alone["d1/name"]), Is.Empty);
        Assert.That(Tool.Run("cat", alone["lines"]).Error, Does.Contain("not supported"));
    }

    // The machine loses its power when all is in the log, and little of it elsewhere.
    [Test]
    [CancelAfter(Limit)]
    public void The_log_of_version_4_is_replayed()
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, "-m crc=0 -b size=1k -i size=256 -n ftype=0");
        LinuxQuestion fill = Filling(image, string.Empty, ["sync", "echo o >/proc/sysrq-trigger", "sleep 60"]);
        Assert.That(() => LinuxReader.Ask(fill), Throws.InvalidOperationException);
        TreeListing expected = LinuxReader.Ask(new LinuxQuestion(image, string.Empty, Type) { IsWritable = true }).Tree!;
        Assert.That(expected.Count, Is.GreaterThan(1500));
        using (var left = ImageMount.Mount(image, "norecovery"))
        {
            Assert.That(left.List().Count, Is.LessThan(expected.Count), "nothing was left to the log");
        }

        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().AllDifferencesFrom(expected, "dev"), Is.Empty);
    }

    private static LinuxQuestion Filling(string image, string options, params IEnumerable<string> more)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "fill-guest.sh");
        string[] commands = [.. File.ReadLines(script).Where(line => !line.StartsWith('#')), .. more];
        return new LinuxQuestion(image, options, Type) { WritesImages = true, Steps = [$"fill={string.Join(';', commands)}"] };
    }

    private static void Fill(string image, string options, params string[] moreImages)
    {
        LinuxAnswer answer = LinuxReader.Ask(Filling(image, options) with { MoreImages = moreImages });
        Assert.That(answer.Messages.Where(message => message.StartsWith("error", StringComparison.Ordinal)), Is.Empty);
        Assert.That(answer.Tree, Is.Not.Null);
    }

    // The machine has no program for them.
    private static void AddAttributes(string image)
    {
        const string Script =
            """
            add() { path=$1; shift; xfs_db -x -c "path $path" -c "attr_set $*" "$image" 2>&1; }
            image=$1
            add /lines -u -v 5 short
            add /tiny -u -v 20 first && add /tiny -u -v 200 longer && add /tiny -r -v 1000 root && add /tiny -s -v 20000 security
            for i in $(seq 40); do add /empty -u -v $((i * 17 % 100)) "name$i"; done
            xfs_db -r -c 'path /tiny' -c 'print core.naextents' "$image" >&2
            """;
        ToolResult said = Tool.Shell(Script, image).Succeeded();
        Assert.That(said.Text, Is.Empty);
    }
}
