using System.Buffers.Binary;
using System.Text;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Example;

/// <summary>A format that the program has not is added by one line, and has all that a format has: recognition, a label, options, partitions, extents.</summary>
internal sealed class ExampleFormatTests
{
    private string _path = string.Empty;

    [SetUp]
    public void Make() => _path = Path.GetTempFileName();

    [TearDown]
    public void Remove() => File.Delete(_path);

    [Test]
    public void It_is_recognised_and_read()
    {
        File.WriteAllBytes(_path, Write("data", ("one", "first"), ("two", "second")));
        using ImageStack stack = Open(string.Empty);
        FileSystem files = stack.OpenFileSystem();
        Assert.That(files.Format, Is.EqualTo("example"));
        Assert.That(Encoding.ASCII.GetString(files.ReadFile("/two")), Is.EqualTo("second"));

        // Its bytes are where the image has them, for the kernel to take.
        LocatedExtent extent = files.OpenFile("/two").Locate(0, 6);
        Assert.That(extent.Source, Is.InstanceOf<FileDevice>());
        Assert.That(File.ReadAllBytes(_path).AsSpan((int)extent.Address, 6).SequenceEqual("second"u8));
    }

    [Test]
    public void Its_options_are_taken_and_others_refused()
    {
        File.WriteAllBytes(_path, Write("data", ("one", "first")));
        using ImageStack loud = Open("fs=example,shout");
        Assert.That(Encoding.ASCII.GetString(loud.OpenFileSystem().ReadFile("/ONE")), Is.EqualTo("first"));
        Assert.That(
            () => ImageStack.Open(_path, OpenContext.Of("fs=nothing") with { AddedFormats = [new ExampleFormat()] }).OpenFileSystem(),
            Throws.TypeOf<OptionException>().With.Message.Contains("example"));
    }

    [Test]
    public void It_is_chosen_by_its_label_without_being_opened()
    {
        byte[] volume = Write("wanted", ("one", "first"));
        byte[] broken = Write("broken", ("one", "first"));
        BinaryPrimitives.WriteInt32LittleEndian(broken.AsSpan(24), 5000);
        File.WriteAllBytes(_path, new DiskImage(4 * DiskImage.MiB)
            .Mbr((DiskImage.MiB, broken.Length), (2 * DiskImage.MiB, volume.Length)).Put(broken, DiskImage.MiB).Put(volume, 2 * DiskImage.MiB).Bytes);
        using ImageStack stack = Open("label=wanted");
        Assert.That(Encoding.ASCII.GetString(stack.OpenFileSystem().ReadFile("/one")), Is.EqualTo("first"));
        using ImageStack damaged = Open("label=broken");
        Assert.That(() => damaged.OpenFileSystem(), Throws.TypeOf<InvalidImageException>().With.Message.Contains("5000"));
    }

    [Test]
    public void Without_it_nothing_is_recognised()
    {
        File.WriteAllBytes(_path, Write("data", ("one", "first")));
        using ImageStack stack = ImageStack.Open(_path, new OpenContext());
        Assert.That(() => stack.OpenFileSystem(), Throws.TypeOf<UnsupportedFeatureException>());
    }

    private static byte[] Write(string label, params (string Name, string Text)[] files)
    {
        byte[] bytes = new byte[16384];
        "EXAMPLE1"u8.CopyTo(bytes);
        Encoding.ASCII.GetBytes(label, bytes.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), files.Length);
        for (int i = 0; i < files.Length; i++)
        {
            Span<byte> record = bytes.AsSpan(28 + (i * 24));
            Encoding.ASCII.GetBytes(files[i].Name, record);
            BinaryPrimitives.WriteInt32LittleEndian(record[16..], 4096 + (i * 512));
            BinaryPrimitives.WriteInt32LittleEndian(record[20..], files[i].Text.Length);
            Encoding.ASCII.GetBytes(files[i].Text, bytes.AsSpan(4096 + (i * 512)));
        }

        return bytes;
    }

    private ImageStack Open(string options) => ImageStack.Open(_path, OpenContext.Of(options) with { AddedFormats = [new ExampleFormat()] });
}
