using System.Text;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;
using static ImageFs.Tests.Support.DiskImage;

namespace ImageFs.Tests.Images;

/// <summary>An image opened by a program that is not imagefs.</summary>
internal sealed class ImageStackTests
{
    private const string Linux = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

    private string _path = string.Empty;

    [OneTimeSetUp]
    public void WriteDisk()
    {
        _path = Path.GetTempFileName();
        DiskImage disk = new DiskImage(16 * MiB).Gpt((MiB, 4 * MiB, Linux), (6 * MiB, 4 * MiB, Linux)).Put("ext/ext2.img", MiB).Put("ext/ext4.img", 6 * MiB);
        File.WriteAllBytes(_path, disk.Bytes);
    }

    [OneTimeTearDown]
    public void RemoveDisk() => File.Delete(_path);

    [Test]
    public void A_file_of_a_partition_is_three_lines()
    {
        using var image = ImageStack.Open(_path, "part=2");
        FileSystem files = image.OpenFileSystem();
        byte[] text = files.ReadFile("/hello.txt");

        Assert.That(Encoding.UTF8.GetString(text), Is.EqualTo("hello 0\nhello 1\nhell"));
        using var copy = new MemoryStream();
        files.OpenFile("fragmented").CopyTo(copy);
        Assert.That(copy.ToArray(), Is.EqualTo(files.ReadFile("fragmented")).And.Length.EqualTo(819200));
        Assert.That(files.ReadDirectory("/").Select(entry => ByteText.FromBytes(entry.Name)), Does.Contain("hello.txt").And.Contain("dir").And.Not.Contain("."));
    }

    [Test]
    public void Without_a_choice_each_partition_is_a_directory()
    {
        using var image = ImageStack.Open(_path);
        FileSystem files = image.OpenFileSystem();
        Assert.That(files.ReadDirectory("/").Select(entry => ByteText.FromBytes(entry.Name)), Is.EqualTo((string[])["1-ext2", "2-ext4"]));
        Assert.That(files.ReadFile("2-ext4/hello.txt"), Has.Length.EqualTo(20));
    }

    [Test]
    public void A_partition_is_had_as_bytes()
    {
        using var image = ImageStack.Open(_path, "part=1");
        Assert.That(image.OpenVolume().Length, Is.EqualTo(4 * MiB));
    }

    [Test]
    public void Errors_have_types()
    {
        using var image = ImageStack.Open(_path, "part=2");
        FileSystem files = image.OpenFileSystem();
        Assert.That(() => files.ReadFile("none"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT));
        Assert.That(() => files.ReadFile("dir"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EISDIR));
        Assert.That(() => files.ReadFile("null"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL));
        Assert.That(() => files.ReadDirectory("hello.txt"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOTDIR));
        Assert.That(() => ImageStack.Open($"{_path}.none"), Throws.TypeOf<LinuxException>());
        Assert.That(Opening("part=9"), Throws.TypeOf<OptionException>());
        Assert.That(Opening("prat=2"), Throws.TypeOf<OptionException>().With.Message.Contains("prat"), "what no layer takes is unknown");
        Assert.That(Opening("offset=12M"), Throws.TypeOf<UnsupportedFeatureException>());
    }

    private Action Opening(string options) => () =>
    {
        using var image = ImageStack.Open(_path, options);
        image.OpenFileSystem();
    };
}
