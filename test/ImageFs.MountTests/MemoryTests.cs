using System.Text.Json;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Memory of the server: flat, however large the image.</summary>
internal sealed class MemoryTests
{
    private const int Directories = 200;
    private const int Names = 1000;
    private const int Few = 2;

    // What a mount may keep of metadata if nobody says otherwise (cache-size=).
    private const long MaxGrowth = 8 << 20;
    private static readonly TimeSpan s_making = TimeSpan.FromMinutes(10);

    [Test]
    public void A_walk_over_200000_files_takes_no_more_memory_than_one_over_2000()
    {
        using var folder = new TestFolder();
        string image = MakeImage(folder);
        using var mount = ImageMount.MountInForeground(image);
        Assert.That(Walk(DirectoriesOf(mount)[..Few]), Is.EqualTo(Few * Names));
        long few = mount.AnonymousMemory;
        Assert.That(Walk(DirectoriesOf(mount)), Is.EqualTo(Directories * Names));
        Assert.That(mount.AnonymousMemory, Is.LessThan(few + MaxGrowth));
    }

    // The first collection takes longer than all that is read until then.
    [TestCase("sample")]
    [TestCase("udf/bdr250")]
    [TestCase("ext/ext4")]
    [TestCase("exfat/filled")]
    [TestCase("ntfs/tree")]
    [TestCase("fat/fat32")]
    [TestCase("btrfs/small")]
    public void Nothing_is_collected_before_a_mount_answers(string name)
    {
        Need.Fuse();
        using var mount = ImageMount.Prepare(TestImages.Get(name));
        Tool.Run(Make.Published, "mount", mount.Image, mount.Directory).Succeeded();
        _ = Directory.GetFileSystemEntries(mount.Directory);
        using var told = JsonDocument.Parse(Tool.Run(Make.Published, "stats", "--json", mount.Directory).Succeeded().Text);
        JsonElement memory = told.RootElement.GetProperty("memory");
        Assert.That(memory.GetProperty("collections").GetInt32(), Is.Zero, $"{memory}");
    }

    private static string MakeImage(TestFolder folder)
    {
        string tree = folder.CreateDirectory("tree");
        for (int i = 0; i < Directories; i++)
        {
            string directory = Directory.CreateDirectory(Path.Combine(tree, $"{i:D3}")).FullName;
            for (int j = 0; j < Names; j++)
            {
                File.Create(Path.Combine(directory, $"a file with a name of some length {j:D4}")).Dispose();
            }
        }

        string image = folder["many.ext4"];
        Tool.Run(
            Tool.Start("mkfs.ext4", "-q", "-b", "4096", "-N", $"{(Directories * Names) + 2000}", "-d", tree, image, "256M"), s_making).Succeeded();
        return image;
    }

    private static string[] DirectoriesOf(ImageMount mount) => [.. Enumerable.Range(0, Directories).Select(i => mount[$"{i:D3}"])];

    // Every name is listed with its attributes, and looked up by itself as well in the first directory.
    private static int Walk(string[] directories)
    {
        string[] names = Directory.GetFiles(directories[0]);
        Tool.Run("stat", ["-c", "%i", .. names]).Succeeded();
        return Tool.Run("find", [.. directories, "-type", "f", "-printf", "%s\\n"]).Succeeded().Text.Count(letter => letter == '\n');
    }
}
