using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Raid;
using ImageFs.Tests.Storage.Raid;
using ImageFs.Tests.Storage.Volumes.Md;
using ImageFs.Tests.Support;
using ImageFs.Tree;
using static ImageFs.Tests.Support.DiskImage;

namespace ImageFs.Tests.Images;

/// <summary>File systems on arrays of md: on partitions and in further images, with members missing, and partitions on arrays.</summary>
internal sealed class ArrayTests
{
    private const string LinuxRaid = "A19D880F-05FC-4D3B-A006-743F0F84911E";

    private static readonly RaidModel s_five = new(
        new RaidGeometry(RaidLevel.Raid5, 3) { Layout = (int)ParityAlgorithm.LeftSymmetric, ChunkLength = 64 * KiB, MemberLength = 2 * MiB }, Read("ext/ext4.img"));

    private static readonly byte[][] s_members =
        [.. s_five.Members.Select((data, i) => new MdImage("1.2", 5, 3) { Layout = (int)ParityAlgorithm.LeftSymmetric, Chunk = 64 * KiB }.Member(i, data))];

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Partitions_of_one_disk_are_its_members()
    {
        DiskImage disk = new DiskImage(24 * MiB).Gpt((MiB, 3 * MiB, LinuxRaid), (5 * MiB, 3 * MiB, LinuxRaid), (10 * MiB, 3 * MiB, LinuxRaid), (16 * MiB, 4 * MiB, LinuxRaid))
            .Put(s_members[2], MiB).Put(s_members[0], 5 * MiB).Put(s_members[1], 10 * MiB).Put("fat/fat16.img", 16 * MiB);
        using ImageStack image = Open(disk.Bytes);
        FileSystem files = image.OpenFileSystem();
        Assert.That(Names(files), Is.EqualTo((string[])["1-home", "4-TEST LABEL"]));
        Assert.That(files.ReadFile("1-home/hello.txt"), Has.Length.EqualTo(20));
        ImageDescription info = ImageInfo.Describe(image);
        ImageDescription first = info.Children.First(child => child.Kind == "part");
        Assert.That((first.Find("fstype"), first.Find("uuid"), first.Find("label")), Is.EqualTo(("linux_raid_member", "00112233-4455-6677-8899-aabbccddeeff", "host:home")));
        Assert.That(first.Children.Select(child => (child.Kind, child.Find("name"))), Is.EqualTo(((string, object?)[])[("md", "host:home"), ("raid5", "home")]));
        Assert.That(first.Children[1].Find("fstype"), Is.EqualTo("ext4"));
    }

    [TestCase("part=home")]
    [TestCase("part=host:home")]
    [TestCase("part=" + MdImage.Uuid)]
    [TestCase("")]
    public void A_member_in_another_image_is_found_with_device_and_may_be_missing(string options)
    {
        string second = Write("second.img", s_members[1]);
        string third = Write("third.img", s_members[2]);
        foreach (string others in new[] { $"device={third},device={second}", $"device={second}", $"device={third}" })
        {
            using ImageStack image = Open(s_members[0], options.Length == 0 ? others : $"{options},{others}");
            Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20), others);
            Assert.That(image.Context.Options.Names, Is.Empty);
        }
    }

    [Test]
    public void What_lies_on_a_missing_member_is_named()
    {
        // The super block is in the first chunk, which is on the first member.
        using ImageStack image = Open(s_members[1]);
        Assert.That(() => image.OpenFileSystem(), Throws.InstanceOf<ImageException>().With.Message.Contains("of the array lie on member 0 of the array home, which is missing"));
    }

    [TestCase("1.0")]
    [TestCase("1.1")]
    [TestCase("0.90")]
    public void One_member_of_a_mirror_opens_by_itself(string version)
    {
        using ImageStack image = Open(new MdImage(version, 1, 2).Member(1, Read("ext/ext4.img")));
        Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
        Disk disk = image.OpenDisk(VolumeChoice.None);
        Assert.That(disk.IsMember, Is.True);
        LocatedExtent start = disk.Volumes[0].Source.Locate(0, long.MaxValue);
        Assert.That((start.File is not null, start.Length), Is.EqualTo((true, (long)Read("ext/ext4.img").Length)), "it is spliced from the image");
    }

    [Test]
    public void Partitions_lie_on_an_array()
    {
        byte[] inner = new DiskImage(12 * MiB).Gpt((MiB, 4 * MiB, LinuxRaid), (6 * MiB, 4 * MiB, LinuxRaid)).Put("ext/ext4.img", MiB).Put("fat/fat16.img", 6 * MiB).Bytes;
        using ImageStack image = Open(new MdImage("1.2", 1, 2).Member(0, inner));
        FileSystem files = image.OpenFileSystem();
        Assert.That(Names(files), Is.EqualTo((string[])["1-ext4", "2-TEST LABEL"]));
        Assert.That(files.ReadFile("1-ext4/hello.txt"), Has.Length.EqualTo(20));
    }

    [Test]
    public void What_cannot_be_put_together_is_the_error_of_the_image()
    {
        MdImage stripes = new("1.2", 0, 2) { Layout = 2 };
        using ImageStack image = Open(stripes.Member(0, Read("ext/ext4.img")));
        Assert.That(() => image.OpenFileSystem(), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("member 1 of the array home is missing"));
        using ImageStack chosen = Open(stripes.Member(0, Read("ext/ext4.img")), "part=home");
        Assert.That(() => chosen.OpenFileSystem(), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("member 1 of the array home is missing"));
    }

    private static string[] Names(FileSystem files) => [.. files.ReadDirectory("/").Select(entry => ByteText.FromBytes(entry.Name))];

    private ImageStack Open(byte[] image, string options = "") => ImageStack.Open(Write("disk.img", image), OpenContext.Of(options));

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
