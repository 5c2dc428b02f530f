using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs.Devices;

/// <summary>Files of the image default.img, which has one copy of data, as they are and with a byte changed.</summary>
internal sealed class DataChecksumTests
{
    private static readonly byte[] s_image = DiskImage.Read("btrfs/default.img");

    [TestCase("")]
    [TestCase("data_csum=off")]
    public void Data_that_is_not_checked_is_as_it_lies(string options)
    {
        (byte[] image, long offset) = Damage("file");
        byte[] expected = ReadAll(Open(s_image, options, "file"));
        expected[offset] ^= 0x10;

        Assert.That(ReadAll(Open(image, options, "file")), Is.EqualTo(expected));
    }

    [TestCase("file", "data_csum=check")]
    [TestCase("compressed", "")]
    [TestCase("compressed", "data_csum=check")]
    public void Data_that_is_checked_is_right_or_an_error(string name, string options)
    {
        byte[] expected = ReadAll(Open(s_image, "data_csum=off", name));
        Assert.That(ReadAll(Open(s_image, options, name)), Is.EqualTo(expected));

        (byte[] image, long offset) = Damage(name);
        BlockSource file = Open(image, options, name);
        Assert.That(() => ReadAll(file), Throws.TypeOf<DamagedContentsException>().With.Message.Contains("crc32c"));
        if (name == "file")
        {
            // What is in other sectors is still there, at every place in them.
            long sector = offset / 4096 * 4096;
            foreach ((long from, long to) in new[] { (0L, sector), (sector + 4096, file.Length), (1, sector - 1), (sector + 4096 + 7, sector + 4096 + 8) })
            {
                byte[] part = new byte[Math.Max(to - from, 0)];
                file.ReadAt(from, part);
                Assert.That(part, Is.EqualTo(expected[(int)from..(int)(from + part.Length)]));
            }
        }
    }

    [TestCase("data_csum=on")]
    [TestCase("data_csum")]
    [TestCase("degraded=1")]
    public void Values_that_an_option_does_not_take_are_refused(string options) =>
        Assert.That(() => Open(s_image, options, "file"), Throws.TypeOf<OptionException>());

    // A byte in the second sector of a file, or in what it is compressed to.
    private static (byte[] Image, long Offset) Damage(string name)
    {
        BlockSource file = Open(s_image, "data_csum=off", name);
        byte[] image = (byte[])s_image.Clone();
        Extent extent = file.Map(0, file.Length, out BlockSource below);
        long place;
        if (extent.Kind == ExtentKind.Encoded)
        {
            EncodedBlock block = file.FindEncoded(0);
            below = block.Source;
            place = block.Address + 100;
        }
        else
        {
            place = extent.Address + 5000;
        }

        Extent stored = below.Map(place, 1, out _);
        image[stored.Address] ^= 0x10;
        return (image, 5000);
    }

    private static BlockSource Open(byte[] image, string options, string name)
    {
        FileSystem fileSystem = FileSystemFormats.All.Single(format => format.Name == "btrfs").Open(new MemorySource(image), OpenContext.Of(options));
        Assert.That(fileSystem.TryLookup(fileSystem.Root, System.Text.Encoding.ASCII.GetBytes(name), out NodeId node));
        return fileSystem.OpenFile(node);
    }

    private static byte[] ReadAll(BlockSource file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }
}
