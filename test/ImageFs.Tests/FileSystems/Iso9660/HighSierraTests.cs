using System.Text;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>High Sierra (1986): the fields of ISO 9660, in other places.</summary>
internal sealed class HighSierraTests
{
    private const int Sector = 2048;

    [TestCase("")]
    [TestCase("nojoliet,norock")]
    public void Names_times_and_contents_are_shown_as_isofs_shows_them(string options)
    {
        byte[] image = Make();
        Assert.That(new Iso9660Format().Probe(new MemorySource(image)));
        FileSystem fs = Iso9660Fixture.Open(new MemorySource(image), options);
        Assert.That(fs.Names(), Is.EqualTo((string[])["hidden", "readme.txt", "sub"]));
        Assert.That(fs.ReadAll("readme.txt"), Is.EqualTo("hello sierra\n"u8.ToArray()));
        Assert.That(fs.ReadAll("sub/big.dat"), Is.EqualTo(Enumerable.Repeat((byte)'x', 3000)));
        NodeAttributes attributes = fs.Attributes("readme.txt");
        Assert.That(attributes.ModifyTime.Seconds, Is.EqualTo(new DateTimeOffset(1987, 3, 4, 5, 6, 7, default).ToUnixTimeSeconds()), "there are no zones");
        Assert.That(fs.Attributes("sub").Type, Is.EqualTo(NodeType.Directory));
        Assert.That(fs.ReadAll("sub/long"), Has.Length.EqualTo(Sector + 5), "its two sections are one file");
    }

    [Test]
    public void Hidden_and_associated_files_go_by_flags_in_their_own_place()
    {
        byte[] image = Make();
        FileSystem fs = Iso9660Fixture.Open(new MemorySource(image), "hide");
        Assert.That(fs.Has("hidden"), Is.False);
        fs = Iso9660Fixture.Open(new MemorySource(image), "unhide");
        Assert.That(fs.Has("hidden") && fs.Has("fork"));
    }

    [Test]
    public void It_is_described()
    {
        ImageDescription description = Iso9660Fixture.Open(new MemorySource(Make())).Describe();
        Assert.That(description.Kind, Is.EqualTo("iso9660"));
        Assert.That(description.Find("version"), Is.EqualTo("High Sierra"));
        Assert.That(description.Find("label"), Is.EqualTo("MS_BOOKSHELF"));
        Assert.That(description.Find("application"), Is.EqualTo("APP"));
        Assert.That(description.Find("copyright-file"), Is.EqualTo("COPY.TXT"));
        Assert.That(description.Find("created"), Is.EqualTo(new DateTimeOffset(1987, 1, 2, 3, 4, 5, 0, default)));
        Assert.That(description.Find("sessions"), Is.EqualTo(1));
        Assert.That(description.Find("uuid"), Is.Null);
    }

    [Test]
    public void What_is_damaged_is_an_error_of_a_known_kind()
    {
        byte[] sound = Make();
        var random = new Random(3);
        var tally = new MutantTally();
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = [.. sound];
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                bytes[(random.Next(3) switch { 0 => 16, 1 => 20, _ => 21 } * Sector) + random.Next(300)] = (byte)random.Next(256);
            }

            tally.Next();
            try
            {
                FileSystem fs = Iso9660Fixture.Open(new MemorySource(round % 9 == 0 ? bytes[..random.Next(bytes.Length)] : bytes));
                tally.NoteOpened();
                fs.Describe();
                foreach (var entry in fs.List(fs.Root))
                {
                    _ = fs.GetAttributes(entry.Node);
                }
            }
            catch (ImageException)
            {
            }
        }

        tally.AssertShares(opened: 50, read: 0);
    }

    internal static byte[] Make()
    {
        byte[] image = new byte[32 * Sector];
        void Put(int sector, byte[] bytes) => bytes.CopyTo(image, sector * Sector);
        byte[] volume = [.. IsoBytes.Both32(16), 1, .. "CDROM"u8, 1, 0, .. Field("SYS", 32), .. Field("MS_BOOKSHELF", 32), .. new byte[8],
            .. IsoBytes.Both32(32), .. new byte[32], .. IsoBytes.Both16(1), .. IsoBytes.Both16(1), .. IsoBytes.Both16(Sector), .. IsoBytes.Both32(22),
            19, 0, 0, 0, .. new byte[12], 0, 0, 0, 19, .. new byte[12], .. Record([0], 20, Sector, FileFlags.Directory),
            .. Field("SET", 128), .. Field("PUBLISHER", 128), .. Field("PREPARER", 128), .. Field("APP", 128), .. Field("COPY.TXT", 32), .. Field("ABSTRACT.TXT", 32),
            .. "1987010203040500"u8, .. new byte[48], 1];
        Put(16, volume);
        Put(17, [.. IsoBytes.Both32(17), 0xFF, .. "CDROM"u8, 1]);
        Put(20,
        [
            .. Record([0], 20, Sector, FileFlags.Directory), .. Record([1], 20, Sector, FileFlags.Directory), .. Record("FORK.;1", 22, 5, FileFlags.Associated),
            .. Record("HIDDEN.;1", 22, 5, FileFlags.Hidden), .. Record("README.TXT;1", 22, 13), .. Record("SUB", 21, Sector, FileFlags.Directory),
        ]);
        Put(21,
        [
            .. Record([0], 21, Sector, FileFlags.Directory), .. Record([1], 20, Sector, FileFlags.Directory), .. Record("BIG.DAT;1", 23, 3000),
            .. Record("LONG.;1", 25, Sector, FileFlags.MultiExtent), .. Record("LONG.;1", 26, 5),
        ]);
        Put(22, [.. "hello sierra\n"u8]);
        Put(23, [.. Enumerable.Repeat((byte)'x', 3000)]);
        return image;
    }

    private static byte[] Record(string name, uint block, uint length, FileFlags flags = FileFlags.None) => Record(Encoding.ASCII.GetBytes(name), block, length, flags);

    // A time of six bytes, the flags, and a byte that means nothing.
    private static byte[] Record(byte[] name, uint block, uint length, FileFlags flags)
    {
        byte[] record = [0, 0, .. IsoBytes.Both32(block), .. IsoBytes.Both32(length), 87, 3, 4, 5, 6, 7, (byte)flags, 0xFF, 0, 0, .. IsoBytes.Both16(1), (byte)name.Length, .. name,
            .. name.Length % 2 == 0 ? new byte[1] : []];
        record[0] = (byte)record.Length;
        return record;
    }

    private static byte[] Field(string text, int length) => Encoding.ASCII.GetBytes(text.PadRight(length));
}
