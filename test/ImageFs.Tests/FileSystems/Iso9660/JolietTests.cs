using ImageFs.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class JolietTests
{
    private const uint JolietRoot = 60;

    private static byte[] File(string name, uint length = 1) => IsoBytes.Record(IsoBytes.Ucs2(name), 40, length);

    private static FileSystem Open(string options, byte[][] rootUse, byte[][] plain, byte[][] joliet)
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary().AddJoliet(JolietRoot);
        image.AddDirectory(image.Root, image.Root, rootUse, plain);
        image.AddDirectory(JolietRoot, JolietRoot, null, joliet);
        return Iso9660Fixture.Open(image.BuildSparse(1000 * 2048), options);
    }

    private static FileSystem Open(string options, params byte[][] joliet) => Open(options, [], [IsoBytes.Record("P.;1", 40, 1)], joliet);

    [TestCase("Grüße 日本.txt;1", "", "Grüße 日本.txt")]
    [TestCase("dots...", "", "dots")]
    [TestCase("x;1", "", "x")]
    [TestCase("😀", "", "😀")]
    [TestCase("a\uE03Db", "", "ab")]
    [TestCase("a\uE100b\uE03D", "", "ab")]
    [TestCase("cut\0off", "", "cut")]
    [TestCase("Grüße €", "iocharset=ascii", "Gr??e ?")]
    [TestCase("Grüße €", "iocharset=koi8-r", "Gr??e ?")]
    [TestCase("plain.txt", "iocharset=euc-jp", "plain.txt")]
    public void Names_are_decoded_as_Linux_does(string recorded, string options, string name)
    {
        // Half a surrogate pair cannot stand in an attribute's string: private characters take their place.
        recorded = recorded.Replace('\uE03D', '\uD83D').Replace('\uE100', '\uDE00');
        byte[] identifier = new byte[recorded.Length * 2];
        for (int i = 0; i < recorded.Length; i++)
        {
            identifier[2 * i] = (byte)(recorded[i] >> 8);
            identifier[(2 * i) + 1] = unchecked((byte)recorded[i]);
        }

        FileSystem fs = Open(options, IsoBytes.Record(identifier, 40, 1));
        Assert.That(fs.Names(), Is.EqualTo(new[] { name }));
    }

    [Test]
    public void The_longest_name_is_shown_whole()
    {
        string name = new('日', 110);
        Assert.That(Open("", File(name)).Names(), Is.EqualTo(new[] { name }));
    }

    [Test]
    public void Case_and_trailing_dots_do_not_count_unless_strict()
    {
        byte[][] files = [File("README", 1), File("readme", 2)];
        FileSystem relaxed = Open("", files);
        FileSystem strict = Open("check=strict", files);
        Assert.Multiple(() =>
        {
            Assert.That(relaxed.Attributes("ReadMe.").Size, Is.EqualTo(1));
            Assert.That(relaxed.Attributes("readme").Size, Is.EqualTo(2), "the name itself goes before");
            Assert.That(strict.Has("ReadMe"), Is.False);
            Assert.That(strict.Has("README.."));
        });
    }

    [Test]
    public void Rock_Ridge_goes_before_Joliet_and_Joliet_before_plain()
    {
        byte[][] rockRidge = [IsoBytes.Sp(), IsoBytes.Er()];
        byte[][] plain = [IsoBytes.Record("P.;1", 40, 1, use: [IsoBytes.Nm("Rock")])];
        byte[][] joliet = [File("Joliet")];
        Assert.Multiple(() =>
        {
            Assert.That(Open("", rockRidge, plain, joliet).Names(), Is.EqualTo(new[] { "Rock" }));
            Assert.That(Open("norock", rockRidge, plain, joliet).Names(), Is.EqualTo(new[] { "Joliet" }));
            Assert.That(Open("norock,nojoliet", rockRidge, plain, joliet).Names(), Is.EqualTo(new[] { "p" }));
            Assert.That(Open("", [], plain, joliet).Names(), Is.EqualTo(new[] { "Joliet" }), "NM without ER");
            Assert.That(Open("nojoliet", [], plain, joliet).Names(), Is.EqualTo(new[] { "Rock" }), "NM without ER, but nothing better");
            Assert.That(Open("", rockRidge, [], joliet).Names(), Is.EqualTo(new[] { "Joliet" }), "an empty root");
        });
    }

    [TestCase(0x40, 1)]
    [TestCase(0x43, 2)]
    [TestCase(0x45, 3)]
    [TestCase(0x41, 0)]
    public void Levels_are_known_by_their_escape_sequences(byte escape, int level)
    {
        byte[] bytes = new byte[2048];
        bytes[88] = 0x25;
        bytes[89] = 0x2F;
        bytes[90] = escape;
        Assert.That(new PrimaryVolumeDescriptor(bytes).JolietLevel, Is.EqualTo(level));
    }

    [Test]
    public void An_image_may_have_Joliet_alone()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddJoliet(JolietRoot);
        image.AddDirectory(JolietRoot, JolietRoot, null, File("a"));
        Assert.That(Iso9660Fixture.Open(image.BuildSparse(1000 * 2048)).Names(), Is.EqualTo(new[] { "a" }));
    }
}
