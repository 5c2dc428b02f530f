using System.Text;
using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Paths of any bytes, asked of the kernel.</summary>
public sealed class PathsTests
{
    private const string Name = "f\udce9\udcff";

    private string _folder = string.Empty;

    [OneTimeSetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("imagefs-test-").FullName;

    [OneTimeTearDown]
    public void RemoveFolder()
    {
        foreach (string name in Paths.List(_folder))
        {
            FileWriting.Remove($"{_folder}/{name}");
        }

        Directory.Delete(_folder);
    }

    [Test]
    public void A_file_is_found_by_the_bytes_of_its_name()
    {
        FileWriting.Replace($"{_folder}/{Name}", "here"u8);
        using FileDescriptor file = Files.Open($"{_folder}/{Name}", OpenFlags.ReadOnly);
        byte[] text = new byte[8];

        Assert.That(Encoding.ASCII.GetString(text, 0, Files.Read(file, text, 0, out _)), Is.EqualTo("here"));
        Assert.That(Paths.List(_folder), Does.Contain(Name));
        Assert.That(Paths.IsFile($"{_folder}/{Name}"));
        Assert.That(Paths.IsFolder($"{_folder}/{Name}"), Is.False);
        Assert.That(Paths.Exists($"{_folder}/f\udce9\udcfe"), Is.False);
        Assert.That(Paths.ReadLink($"/proc/self/fd/{file.Number}"), Is.EqualTo($"{_folder}/{Name}"));
        Assert.That(Paths.Resolve($"{_folder}/../{Path.GetFileName(_folder)}/{Name}"), Is.EqualTo($"{_folder}/{Name}"));
    }

    [Test]
    public void A_name_with_a_NUL_is_not_taken_for_what_is_before_it()
    {
        FileWriting.Replace($"{_folder}/nul", "here"u8);

        Assert.That(() => Files.Open($"{_folder}/nul\0x", OpenFlags.ReadOnly), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL));
    }

    [TestCase("/a/./b/../c", "/a/c")]
    [TestCase("/a/..", "/")]
    public void A_full_path_has_no_dots(string path, string full) => Assert.That(Paths.Full(path), Is.EqualTo(full));

    [Test]
    public void A_path_begins_in_the_current_folder()
    {
        Assert.That(Paths.Full("x\udce9"), Is.EqualTo($"{Environment.CurrentDirectory}/x\udce9"));
        Assert.That(() => Paths.Full(string.Empty), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT));
    }
}
