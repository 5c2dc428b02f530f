using System.Diagnostics;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>Which files an image may name.</summary>
public sealed class HostFolderTests
{
    private readonly List<IDisposable> _opened = [];
    private string _folder = string.Empty;

    [SetUp]
    public void MakeFiles()
    {
        _folder = Directory.CreateTempSubdirectory("imagefs-test-").FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "own", "below"));
        foreach (string name in (string[])["own/image", "own/beside", "own/below/deeper", "outside"])
        {
            File.WriteAllText(Path.Combine(_folder, name), name);
        }

        File.CreateSymbolicLink(Path.Combine(_folder, "own", "leads-out"), "../outside");
        File.CreateSymbolicLink(Path.Combine(_folder, "own", "leads-down"), "below/deeper");
        File.CreateSymbolicLink(Path.Combine(_folder, "linked-image"), "own/image");
    }

    [TearDown]
    public void RemoveFiles()
    {
        _opened.ForEach(file => file.Dispose());
        _opened.Clear();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase("beside", "own/beside")]
    [TestCase("./beside", "own/beside")]
    [TestCase("below/deeper", "own/below/deeper")]
    [TestCase("leads-down", "own/below/deeper")]
    [TestCase("below/../beside", "own/beside")]
    public void Files_in_its_folder_and_below_are_opened(string path, string contents) =>
        Assert.That(Text(Open("own/image", BackingPolicy.Folder).OpenBeside(path, "backing file")), Is.EqualTo(contents));

    [TestCase("../outside")]
    [TestCase("below/../../outside")]
    [TestCase("leads-out")]
    [TestCase("/etc/passwd")]
    public void What_leads_out_is_refused_with_what_would_allow_it(string path) =>
        Assert.That(
            () => Open("own/image", BackingPolicy.Folder).OpenBeside(path, "backing file"),
            Throws.TypeOf<ForbiddenFileException>()
                .With.Message.Contains($"backing file \"{path}\"").And.Message.Contains("backing=any").And.Property("Errno").EqualTo(Errno.EACCES));

    [TestCase("../outside")]
    [TestCase("leads-out")]
    public void Any_file_is_opened_where_the_user_says_so(string path) =>
        Assert.That(Text(Open("own/image", BackingPolicy.Any).OpenBeside(path, "backing file")), Is.EqualTo("outside"));

    [Test]
    public void A_file_that_is_named_many_times_is_opened_once()
    {
        ImageFile image = Open("own/image", BackingPolicy.Folder);
        string[] names = ["beside", "./beside", "below/../beside", .. Enumerable.Repeat("beside", 4000)];

        Assert.That(names.Select(name => image.OpenBeside(name, "extent").Source).Distinct(), Has.Exactly(1).Items);
        Assert.That(_opened, Has.Count.EqualTo(2), "the image and the file");
    }

    [TestCase(BackingPolicy.Folder)]
    [TestCase(BackingPolicy.Any)]
    [TestCase(BackingPolicy.Device)]
    public void A_pipe_is_refused_unopened(BackingPolicy policy)
    {
        using Process writer = MakePipe(Path.Combine(_folder, "own", "pipe"));

        Assert.That(
            () => Open("own/image", policy).OpenBeside("pipe", "extent"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL));
        Assert.That(() => Open("own/pipe", policy), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL));
        Assert.That(writer.WaitForExit(200), Is.False, "whoever writes to it waits for a reader still");
        writer.Kill();
    }

    [TestCase(BackingPolicy.Any)]
    [TestCase(BackingPolicy.Device)]
    public void A_terminal_is_no_part_of_an_image(BackingPolicy policy) =>
        Assert.That(
            () => Open("own/image", policy).OpenBeside("/dev/null", "extent"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL));

    [Test]
    public void A_name_of_more_than_255_bytes_is_the_systems_error() =>
        Assert.That(
            () => Open("own/image", BackingPolicy.Folder).OpenBeside(new string('n', 256), "extent"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENAMETOOLONG));

    [Test]
    public void A_file_names_others_from_its_own_folder()
    {
        ImageFile deeper = Open("own/image", BackingPolicy.Folder).OpenBeside("below/deeper", "backing file");

        Assert.That(() => deeper.OpenBeside("../beside", "backing file"), Throws.TypeOf<ForbiddenFileException>());
        Assert.That(deeper.Folder.Contains("deeper"), Is.True);
        Assert.That(deeper.Folder.Contains("beside"), Is.False);
    }

    [Test]
    public void A_link_to_an_image_has_the_folder_of_the_link() =>
        Assert.That(Text(Open("linked-image", BackingPolicy.Folder).OpenBeside("outside", "backing file")), Is.EqualTo("outside"));

    [Test]
    public void An_open_descriptor_has_the_folder_of_its_file()
    {
        using FileDescriptor descriptor = Files.Open(Path.Combine(_folder, "own", "image"), OpenFlags.ReadOnly);
        ImageFile image = HostFolder.OpenImage($"/dev/fd/{descriptor.Number}", BackingPolicy.Folder, _opened);

        Assert.That(Text(image.OpenBeside("beside", "backing file")), Is.EqualTo("own/beside"));
    }

    [Test]
    public void A_file_that_is_not_there_is_the_systems_error() =>
        Assert.That(
            () => Open("own/image", BackingPolicy.Folder).OpenBeside("missing", "backing file"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT).And.Message.Contains("missing"));

    [TestCase("image")]
    [TestCase("below/../image")]
    public void A_file_that_leads_back_to_itself_is_named(string path) =>
        Assert.That(
            () => Open("own/image", BackingPolicy.Folder).OpenBeside(path, "backing file"),
            Throws.TypeOf<InvalidImageException>().With.Message.Contains("backing file").And.Message.Contains("back to itself"));

    [Test]
    public void A_circle_of_files_is_found()
    {
        ImageFile beside = Open("own/image", BackingPolicy.Folder).OpenBeside("beside", "backing file");

        Assert.That(() => beside.OpenBeside("image", "backing file"), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_chain_without_an_end_is_ended()
    {
        ImageFile file = Open("own/image", BackingPolicy.Folder);
        int count = 0;

        Assert.That(Follow, Throws.TypeOf<InvalidImageException>().With.Message.Contains("chain"));
        Assert.That(count, Is.EqualTo(100));

        void Follow()
        {
            for (; ; count++)
            {
                string name = $"link{count}";
                File.WriteAllText(Path.Combine(_folder, "own", name), name);
                file = file.OpenBeside(name, "backing file");
            }
        }
    }

    private static Process MakePipe(string path)
    {
        Process.Start("mkfifo", path).WaitForExit();
        return Process.Start("sh", ["-c", $"exec 3>'{path}'"]);
    }

    private static string Text(ImageFile file) => System.Text.Encoding.UTF8.GetString(file.Head);

    private ImageFile Open(string name, BackingPolicy policy) => HostFolder.OpenImage(Path.Combine(_folder, name), policy, _opened);
}
