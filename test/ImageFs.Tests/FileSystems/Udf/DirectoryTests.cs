using System.Text;
using ImageFs.FileSystems.Checksums;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Directories, names, and the targets of symbolic links.</summary>
internal sealed class DirectoryTests
{
    [Test]
    public void Hidden_and_deleted_names_are_shown_when_asked_for()
    {
        var image = new UdfImage();
        image.Write(3, new FileParts().ToBytes(3));
        image.Name(UdfBytes.Identifier("shown", image.At(3)));
        image.Name(UdfBytes.Identifier("hidden", image.At(3), FileCharacteristics.Hidden));
        image.Name(UdfBytes.Identifier("deleted", image.At(3), FileCharacteristics.Deleted));
        Assert.That(image.Open().Names(), Is.EqualTo(new[] { "shown" }));
        Assert.That(image.Open().Has("hidden"), Is.False);
        Assert.That(image.Open("unhide").Names(), Is.EqualTo(new[] { "shown", "hidden" }));
        Assert.That(image.Open("undelete").Names(), Is.EqualTo(new[] { "shown", "deleted" }));
        Assert.That(image.Open("undelete").Has("deleted"));
    }

    [Test]
    public void The_dots_are_there()
    {
        FileSystem fs = new UdfImage().AddAll().Open();
        NodeId directory = fs.Find("directory");
        Assert.That(fs.List(directory).Select(entry => entry.Name), Is.EqualTo(new[] { ".", "..", "hard" }));
        Assert.That(fs.Find("directory/."), Is.EqualTo(directory));
        Assert.That(fs.Find("directory/.."), Is.EqualTo(fs.Root));
        Assert.That(fs.Find(".."), Is.EqualTo(fs.Root));
    }

    [Test]
    public void A_listing_goes_on_behind_every_entry()
    {
        FileSystem fs = new UdfImage().AddAll().Open();
        List<Iso9660Fixture.ListedEntry> all = fs.List(fs.Root);
        for (int i = 0; i < all.Count; i++)
        {
            Assert.That(fs.List(fs.Root, all[i].NextPosition), Is.EqualTo(all[(i + 1)..]));
        }
    }

    [Test]
    public void An_entry_that_is_damaged_takes_none_of_the_others_down()
    {
        UdfImage image = new UdfImage().AddAll();
        long name = Find(image, "sparse");
        image.Bytes[name] ^= 1;
        FileSystem fs = image.Open();
        Assert.That(fs.Names(), Is.EqualTo(new[] { "file", "embedded", "chained", "link", "device", "directory", "versions", "streams" }));
        List<Iso9660Fixture.ListedEntry> listed = fs.List(fs.Root);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => fs.List(fs.Root, listed[^1].NextPosition))!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 4/14.4"));
        Assert.That(error.Address, Is.LessThan(name).And.GreaterThan(name - 60));
        Assert.That(fs.Has("versions"));
        Assert.Throws<InvalidImageException>(() => fs.Has("none"));
    }

    [Test]
    public void Behind_an_entry_whose_tag_is_damaged_nothing_is_guessed()
    {
        UdfImage image = new UdfImage().AddAll();
        image.Bytes[Find(image, "sparse") - 39 + 4] ^= 1;
        FileSystem fs = image.Open();
        Assert.That(fs.Names(), Is.EqualTo(new[] { "file", "embedded" }));
        Assert.Throws<InvalidImageException>(() => fs.List(fs.Root, fs.List(fs.Root)[^1].NextPosition));
        Assert.Throws<InvalidImageException>(() => fs.Has("versions"));
    }

    [Test]
    public void An_entry_may_have_an_implementation_use()
    {
        var image = new UdfImage();
        image.Write(3, new FileParts().ToBytes(3));
        image.Name(UdfBytes.Identifier(UdfBytes.Text("name"), image.At(3), use: new byte[8]));
        Assert.That(image.Open().Names(), Is.EqualTo(new[] { "name" }));
        image.Name(UdfBytes.Identifier(UdfBytes.Text("odd"), image.At(3), use: new byte[6]));
        FileSystem fs = image.Open();
        Assert.Throws<InvalidImageException>(() => fs.List(fs.Root, fs.List(fs.Root)[^1].NextPosition));
    }

    [Test]
    public void A_large_directory_is_looked_up_by_its_index([Values(64 * 1024, 8 * 1024 * 1024)] int cache)
    {
        const int Count = 1000;
        byte[] names = [.. Enumerable.Range(0, Count).SelectMany(i => UdfBytes.Identifier($"name {i}", new LogicalBlock(0, 3)))];
        var image = new UdfImage();
        image.WriteData(64, names);
        image.Write(3, new FileParts().ToBytes(3));
        image.Add("many", 4, new FileParts { Type = FileType.Directory, Form = AllocationForm.Short, Descriptors = UdfBytes.Short(names.Length, 64), Length = names.Length });
        FileSystem fs = image.Open($"cache-size={cache}");
        NodeId directory = fs.Find("many");
        Assert.That(fs.Names(directory), Is.EqualTo(Enumerable.Range(0, Count).Select(i => $"name {i}")));
        for (int i = 0; i < Count; i += 7)
        {
            Assert.That(fs.Find($"many/name {i}"), Is.EqualTo(fs.Find("many/name 0")));
        }

        Assert.That(fs.TryLookup(directory, "name 1000"u8, out _), Is.False);
    }

    // Linux lists both and looks up the first.
    [Test]
    public void A_name_that_is_there_twice_is_the_first_for_all([Values(2, 1000)] int count)
    {
        byte[] names =
        [
            .. Enumerable.Range(0, count).SelectMany(i => UdfBytes.Identifier($"name {i}", new LogicalBlock(0, 3))),
            .. Enumerable.Range(0, count).SelectMany(i => UdfBytes.Identifier($"name {i}", new LogicalBlock(0, 4))),
        ];
        var image = new UdfImage();
        image.WriteData(64, names);
        image.Write(3, new FileParts().ToBytes(3));
        image.Write(4, new FileParts().ToBytes(4));
        image.Add("many", 5, new FileParts { Type = FileType.Directory, Form = AllocationForm.Short, Descriptors = UdfBytes.Short(names.Length, 64), Length = names.Length });
        FileSystem fs = image.Open();
        NodeId directory = fs.Find("many");
        List<Iso9660Fixture.ListedEntry> listed = fs.List(directory);
        Assert.That(listed, Has.Count.EqualTo((2 * count) + 1));
        NodeId first = fs.Find("many/name 0");
        Assert.That(first.Value & 0xFFFF, Is.EqualTo(3));
        Assert.That(listed.Skip(1).Select(entry => entry.Node), Is.All.EqualTo(first));
    }

    [Test]
    public void A_directory_whose_extents_lie_over_one_another_is_no_larger_than_the_image()
    {
        byte[] names = [.. Enumerable.Range(0, 1000).SelectMany(i => UdfBytes.Identifier($"name {i}", new LogicalBlock(0, 3)))];
        const int Block = 2048;
        names = names[..(names.Length / Block * Block)];
        var image = new UdfImage();
        image.WriteData(64, names);
        byte[] descriptors = [.. Enumerable.Repeat(UdfBytes.Short(names.Length, 64), 100).SelectMany(bytes => bytes)];
        image.Add("many", 5, new FileParts { Type = FileType.Directory, Form = AllocationForm.Short, Descriptors = descriptors, Length = 100L * names.Length });
        FileSystem fs = image.Open();
        NodeId directory = fs.Find("many");
        Assert.That(() => fs.List(directory), Throws.TypeOf<InvalidImageException>().With.Message.Contains("the directory has"));
        Assert.That(() => fs.TryLookup(directory, "none"u8, out _), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void What_is_no_directory_has_no_entries()
    {
        FileSystem fs = new UdfImage().AddAll().Open();
        Assert.That(Assert.Throws<LinuxException>(() => fs.List(fs.Find("file")))!.Errno, Is.EqualTo(Errno.ENOTDIR));
        Assert.That(Assert.Throws<LinuxException>(() => fs.ReadAll("directory"))!.Errno, Is.EqualTo(Errno.EISDIR));
        Assert.That(Assert.Throws<LinuxException>(() => fs.ReadLink("file"))!.Errno, Is.EqualTo(Errno.EINVAL));
    }

    [TestCase("plain.txt", "plain.txt")]
    [TestCase("Ünï", "Ünï")]
    [TestCase("漢字", "漢字")]
    [TestCase("😀", "😀")]
    public void Names_are_shown_as_they_are_recorded(string name, string expected) =>
        Assert.That(Translate(UdfBytes.Text(name)), Is.EqualTo(expected));

    [Test]
    public void A_name_that_was_changed_has_the_CRC_of_the_recorded_one()
    {
        byte[] text = UdfBytes.Text("a//b\0.txt");
        Assert.That(Translate(text), Is.EqualTo($"a_b_#{Crc16Xmodem.Compute(text.AsSpan(1)):X4}.txt"));
        Assert.That(Translate(UdfBytes.Text(".")), Is.EqualTo($".#{Crc16Xmodem.Compute("."u8):X4}"));
        byte[] lone = [16, 0, (byte)'x', 0xDC, 0x00, 0, (byte)'y'];
        Assert.That(Translate(lone), Is.EqualTo($"x_y#{Crc16Xmodem.Compute(lone.AsSpan(1)):X4}"));
    }

    [Test]
    public void A_long_name_is_cut_before_its_extension()
    {
        byte[] text = UdfBytes.Text(new string('漢', 120) + ".ext");
        string name = Translate(text);
        Assert.That(Encoding.UTF8.GetByteCount(name), Is.LessThanOrEqualTo(254).And.GreaterThan(250));
        Assert.That(name, Does.StartWith("漢漢").And.EndsWith($"#{Crc16Xmodem.Compute(text.AsSpan(1)):X4}.ext"));
    }

    [Test]
    public void The_longest_name_that_fits_is_whole()
    {
        string name = new('n', 254);
        Assert.That(Translate(UdfBytes.Text(name)), Is.EqualTo(name));
    }

    [Test]
    public void What_a_character_set_lacks_becomes_an_underscore()
    {
        Assert.That(Translate(UdfBytes.Text("Ü"), "iocharset=iso8859-1"), Is.EqualTo("\uFFFD"));
        Assert.That(Translate(UdfBytes.Text("漢"), "iocharset=ascii"), Does.StartWith("_#"));
    }

    [TestCase(new byte[] { 9, 65 })]
    [TestCase(new byte[] { 16, 0 })]
    [TestCase(new byte[] { 8 })]
    public void A_name_that_is_no_text_is_an_error(byte[] name)
    {
        var image = new UdfImage();
        image.Name(UdfBytes.Identifier(name, image.At(3)));
        FileSystem fs = image.Open();
        Assert.That(fs.Names(), Is.Empty);
        Assert.Throws<InvalidImageException>(() => fs.Has("name"));
    }

    [Test]
    public void Links_are_put_together_from_every_kind_of_component()
    {
        byte[] name = UdfBytes.Text("name");
        (byte[][] Components, string Target)[] cases =
        [
            ([UdfBytes.Component(5, name)], "name"),
            ([UdfBytes.Component(2), UdfBytes.Component(5, name)], "/name"),
            ([UdfBytes.Component(3), UdfBytes.Component(4), UdfBytes.Component(5, name)], ".././name"),
            ([UdfBytes.Component(2)], "/"),
            ([UdfBytes.Component(3)], ".."),
            ([UdfBytes.Component(5, name), UdfBytes.Component(1)], "/"),
            ([UdfBytes.Component(1, name), UdfBytes.Component(5, name)], "name"),
            ([UdfBytes.Component(5, name), UdfBytes.Component(5, UdfBytes.Text("漢"))], "name/漢"),
        ];
        foreach ((byte[][] components, string target) in cases)
        {
            FileSystem fs = Link([.. components.SelectMany(component => component)]);
            Assert.That(fs.ReadLink("link"), Is.EqualTo(target));
            Assert.That(fs.Attributes("link").Size, Is.EqualTo(Encoding.UTF8.GetByteCount(target)));
            Assert.That(fs.Attributes("link").Permissions, Is.EqualTo(0x1FF));
        }
    }

    [Test]
    public void Links_that_are_damaged_or_too_long_are_errors()
    {
        byte[] longName = UdfBytes.Component(5, UdfBytes.Text(new string('x', 250)));
        byte[][] cases = [[5, 9, 0, 0, 8, 65], [5, 0], UdfBytes.Component(5, [9, 65]), UdfBytes.Component(5), [.. Enumerable.Repeat(longName, 17).SelectMany(part => part)]];
        foreach (byte[] components in cases)
        {
            Assert.Throws<InvalidImageException>(() => Link(components).ReadLink("link"));
        }
    }

    private static FileSystem Link(byte[] components)
    {
        var image = new UdfImage();
        image.WriteData(UdfImage.Data, components);
        image.Add("link", 3, new FileParts
        {
            Type = FileType.SymbolicLink,
            Form = AllocationForm.Short,
            Descriptors = UdfBytes.Short(components.Length, UdfImage.Data),
            Length = components.Length,
        });
        return image.Open();
    }

    private static string Translate(byte[] name, string options = "")
    {
        var image = new UdfImage();
        image.Write(3, new FileParts().ToBytes(3));
        image.Name(UdfBytes.Identifier(name, image.At(3)));
        return image.Open(options).Names().Single();
    }

    private static long Find(UdfImage image, string name) => image.Bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name));
}
