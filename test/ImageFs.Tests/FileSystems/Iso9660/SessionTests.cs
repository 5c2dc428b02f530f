using ImageFs.FileSystems;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>A later session that is an image of its own: its addresses count from the start of the disc.</summary>
internal sealed class SessionTests
{
    private const uint First = 12_000;
    private const int Sector = 2048;

    [TestCase("")]
    [TestCase("shift=12000")]
    [TestCase("sbsector=12000")]
    public void It_is_read_by_its_root_or_by_the_options(string options)
    {
        FileSystem fs = Iso9660Fixture.Open(Cut(), options);
        Assert.That(fs.Names(), Is.EqualTo((string[])["new", "old"]));
        Assert.That(fs.ReadAll("new"), Is.EqualTo("new\n"u8.ToArray()));
        Assert.That(() => fs.ReadAll("old"), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("earlier session"));
        Assert.That(fs.Describe().Find("first-sector"), Is.EqualTo(First));
        Assert.That(fs.Describe().Find("sessions"), Is.EqualTo(1));
    }

    [Test]
    public void Behind_empty_sectors_it_is_recognised_by_sbsector_alone()
    {
        var padded = new ConcatenatedSource([new SparseSource(First * (long)Sector), Cut()]);
        Assert.That(new Iso9660Format().Probe(padded), Is.False);
        Assert.That(FileSystemFormats.RecogniseAt(padded, OptionList.Parse("sbsector=12000"))?.Name, Is.EqualTo("iso9660"));
        Assert.That(FileSystemFormats.RecogniseAt(padded, OptionList.Parse("sbsector=12050")), Is.Null);
        Assert.That(FileSystemFormats.RecogniseAt(padded, OptionList.Parse("session=12000")), Is.Null, "that is UDF's");
        Assert.That(Iso9660Fixture.Open(padded, "sbsector=12000").ReadAll("new"), Is.EqualTo("new\n"u8.ToArray()));
    }

    [Test]
    public void Addresses_from_the_sessions_own_start_are_found_too()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null, IsoBytes.Record("A.;1", 40, 4)).Write(40, "text"u8.ToArray());
        var padded = new ConcatenatedSource([new SparseSource(500 * Sector), image.BuildSparse(100 * Sector)]);
        Assert.That(Iso9660Fixture.Open(padded, "sbsector=500").ReadAll("a"), Is.EqualTo("text"u8.ToArray()));
    }

    [Test]
    public void A_root_that_is_nowhere_is_an_error_as_before()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddVolume(900);
        Assert.That(() => Iso9660Fixture.Open(image.BuildSparse(100 * Sector)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("root directory"));
    }

    // As "dd skip=12000" makes it of the disc.
    private static SparseSource Cut()
    {
        uint root = First + 30;
        IsoImageBuilder image = new IsoImageBuilder().AddVolume(root).AddJoliet(root + 1);
        byte[] records = [.. IsoBytes.Record([0], root, Sector, FileFlags.Directory), .. IsoBytes.Record([1], root, Sector, FileFlags.Directory),
            .. IsoBytes.Record("NEW.;1", First + 40, 4), .. IsoBytes.Record("OLD.;1", 40, 4)];
        return image.Write(30, records).Write(40, "new\n"u8.ToArray()).Write(31, JolietRoot(root + 1)).BuildSparse(100 * Sector);
    }

    private static byte[] JolietRoot(uint root) =>
    [
        .. IsoBytes.Record([0], root, Sector, FileFlags.Directory), .. IsoBytes.Record([1], root, Sector, FileFlags.Directory),
        .. IsoBytes.Record(IsoBytes.Ucs2("new"), First + 40, 4), .. IsoBytes.Record(IsoBytes.Ucs2("old"), 40, 4),
    ];
}
