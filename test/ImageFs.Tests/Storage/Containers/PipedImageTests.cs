using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers;

public sealed class PipedImageTests
{
    private readonly List<IDisposable> _opened = [];

    [TearDown]
    public void Close()
    {
        _opened.ForEach(opened => opened.Dispose());
        _opened.Clear();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5000)]
    [TestCase(3_000_001)]
    public void All_that_comes_through_a_pipe_is_the_image(int length)
    {
        byte[] contents = Packed.PackedFolder.MakeContents(length);
        contents.AsSpan(length / 3, length / 3).Clear();
        ImageFile image = Open(contents, CacheFolder.UsualBytes);
        byte[] read = new byte[image.Source.Length];
        image.Source.ReadAt(0, read);
        Assert.That(read.AsSpan().SequenceEqual(contents), Is.True);
        Assert.That(image.Source, Is.InstanceOf<FileDevice>());
    }

    [Test]
    public void No_more_than_is_allowed_is_taken_and_zeros_do_not_count()
    {
        byte[] contents = new byte[4 << 20];
        Assert.That(Open(contents, 1 << 20).Source.Length, Is.EqualTo(contents.Length));
        new Random(1).NextBytes(contents.AsSpan(0, 2 << 20));
        Assert.That(() => Open(contents, 1 << 20), Throws.TypeOf<LinuxException>().With.Message.Contains("cache-limit="));
    }

    [TestCase("-", ExpectedResult = 0)]
    [TestCase("-//boot/a.iso", ExpectedResult = 0)]
    [TestCase("/dev/fd/63", ExpectedResult = 63)]
    [TestCase("/dev/fd/63//boot/a.iso", ExpectedResult = 63)]
    [TestCase("./-", ExpectedResult = null)]
    [TestCase("-x", ExpectedResult = null)]
    [TestCase("/dev/fd/x", ExpectedResult = null)]
    public int? A_location_names_a_descriptor(string location) => PipedImage.FindDescriptor(location);

    private ImageFile Open(byte[] contents, long limit)
    {
        (FileDescriptor readEnd, FileDescriptor writeEnd) = Descriptors.MakePipe();
        var writing = Task.Run(() =>
        {
            using (writeEnd)
            {
                try
                {
                    FileWriting.Append(writeEnd, contents);
                }
                catch (LinuxException e) when (e.Errno == Errno.EPIPE)
                {
                }
            }
        });
        try
        {
            var context = new OpenContext { Cache = new CacheFolder(Path.GetTempPath(), limit) };
            string location = string.Create(CultureInfo.InvariantCulture, $"/dev/fd/{readEnd.Number}");
            return LocationScheme.All[0].Open(location, BackingPolicy.Folder, context, _opened);
        }
        finally
        {
            readEnd.Dispose();
            writing.Wait();
        }
    }
}
