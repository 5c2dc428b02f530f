using System.Text;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Fat;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>Long and short names, and how they are found.</summary>
internal sealed class NameTests
{
    private const string Emoji = "\U0001F600";

    private static FatImage Image(params byte[][] entries)
    {
        var image = new FatImage(12, 100);
        image.Add(0, entries);
        return image;
    }

    private static string ShownFor(string longName) =>
        Image(FatImage.Long(longName, FatImage.Entry("SHORT"))).Open().Names().Single();

    [Test]
    public void A_long_name_is_shown_and_both_names_are_found()
    {
        FileSystem fs = Image(FatImage.Long("A longer Name.text", FatImage.Entry("ALONGE~1TEX"))).Open();
        Assert.That(fs.Names(), Is.EqualTo((string[])["A longer Name.text"]));
        Assert.That(fs.Find("a LONGER name.TEXT"), Is.EqualTo(fs.Find("alonge~1.tex")));
        Assert.That(fs.Has("ALONGE~1.TEX.."), "dots at the end do not count");
        Assert.That(fs.Has("A longer Name"), Is.False);
        Assert.That(fs.Has("..."), Is.False);
    }

    [Test]
    public void Case_counts_when_it_is_asked_for()
    {
        FileSystem fs = Image(FatImage.Long("Long name", FatImage.Entry("LONGNA~1"))).Open("check=strict");
        Assert.That(fs.Has("Long name"));
        Assert.That(fs.Has("long name"), Is.False);
    }

    [TestCase("NAME    TXT", 0x00, "", "NAME.TXT")]
    [TestCase("NAME    TXT", 0x08, "", "name.TXT")]
    [TestCase("NAME    TXT", 0x10, "", "NAME.txt")]
    [TestCase("NAME    TXT", 0x18, "", "name.txt")]
    [TestCase("NAME    TXT", 0x18, "shortname=win95", "NAME.TXT")]
    [TestCase("NAME    TXT", 0x18, "nocase", "NAME.TXT")]
    [TestCase("NAME    TXT", 0x00, "shortname=lower", "name.txt")]
    [TestCase("NAME", 0x18, "shortname=winnt", "name")]
    [TestCase("A B     C D", 0x00, "", "A B.C D")]
    [TestCase("        TXT", 0x00, "", ".TXT")]
    [TestCase("\u0005AB     TXT", 0x00, "", "σAB.TXT")]
    [TestCase("\u0080\u008E\u0099", 0x00, "", "ÇÄÖ")]
    [TestCase("\u0080\u008E\u0099", 0x08, "", "çäö")]
    [TestCase("\u00E2\u00E4\u00EA", 0x08, "", "ΓσΩ")]
    [TestCase("\u00B7\u00D5", 0x00, "codepage=850", "Àı")]
    [TestCase("\u00C0\u00E4", 0x00, "codepage=1252", "Àä")]
    [TestCase("\u0080", 0x08, "codepage=866", "а")]
    [TestCase("\u0093\u00FA\u0096\u007BABC TXT", 0x18, "codepage=932", "日本abc.txt")]
    [TestCase("\u0005\u0040", 0x00, "codepage=932", "蕁")]
    [TestCase("\u0083\u005C\u00B1", 0x00, "codepage=932", "ソｱ")]
    [TestCase("\u0082\u0060A", 0x08, "codepage=932", "Ａa")]
    [TestCase("\u0081\u0045", 0x00, "codepage=932", "・")]
    [TestCase("\u00ED\u0040\u00FA\u005C", 0x00, "codepage=932", "纊纊")]
    [TestCase("A\u0081\u0030\u0080\u00FF\u00F0\u0040", 0x00, "codepage=932", "A?0???@")]
    [TestCase("ABCDEFG\u0093\u00FA", 0x00, "codepage=932", "ABCDEFG?.?")]
    [TestCase("\u0093", 0x00, "codepage=932", "?")]
    [TestCase("\u00D6\u00D0\u00CE\u00C4    \u0080", 0x00, "codepage=936", "中文.€")]
    [TestCase("ABCDEFG\u00D6\u00D0!A", 0x18, "codepage=936", "abcdefgÖ.?!a")]
    [TestCase("\u00C7\u00D1\u00B1\u00DB", 0x00, "codepage=949", "한글")]
    [TestCase("A\u00C9", 0x08, "codepage=949", "aÉ")]
    [TestCase("\u00A4\u00A4\u00A4\u00E5 A", 0x00, "codepage=950", "中文 A")]
    public void Short_names_are_shown_as_flags_and_options_say(string name, int flags, string options, string shown)
    {
        byte[] entry = FatImage.Entry(name);
        entry[12] = (byte)flags;
        FileSystem fs = Image(entry).Open(options);
        Assert.That(fs.Names(), Is.EqualTo((string[])[shown]));
        Assert.That(fs.Has(shown));
    }

    [Test]
    public void Surrogates_are_joined_and_halves_left_out() => Assert.Multiple(() =>
    {
        Assert.That(ShownFor($"smile {Emoji}.txt"), Is.EqualTo($"smile {Emoji}.txt"));
        Assert.That(ShownFor("漢字 é"), Is.EqualTo("漢字 é"));
        Assert.That(ShownFor("low \uDE00 high \uD83D."), Is.EqualTo("low  high ."));
        Assert.That(ShownFor("swapped \uDE00\uD83D\uD83D\uDE00"), Is.EqualTo($"swapped {Emoji}"));
        Assert.That(ShownFor("\uD83D"), Is.EqualTo("SHORT"), "nothing is left");
    });

    [TestCase(1)]
    [TestCase(12)]
    [TestCase(13)]
    [TestCase(14)]
    [TestCase(26)]
    [TestCase(255)]
    [TestCase(260)]
    public void Names_of_any_length(int length)
    {
        string name = new('é', length);
        FileSystem fs = Image(FatImage.Long(name, FatImage.Entry("SHORT"))).Open();
        Assert.That(fs.Names(), Is.EqualTo((string[])[name]));
        Assert.That(fs.Has(name));
    }

    [Test]
    public void Orphaned_parts_are_passed_over()
    {
        byte[] entry = FatImage.Entry("SHORT");
        const string Name = "a name of three parts, that is long";
        byte[][] parts = FatImage.Long(Name, entry);
        byte[] deleted = [0xE5, .. entry[1..]];
        byte[] other = FatImage.Entry("OTHER");
        byte[] wrong = [.. parts[0]];
        wrong[13]++;

        Assert.Multiple(() =>
        {
            Assert.That(Image([.. parts[..3], other]).Open().Names(), Is.EqualTo((string[])["OTHER"]), "of another short name");
            Assert.That(Image([.. parts[1..]]).Open().Names(), Is.EqualTo((string[])["SHORT"]), "without its last part");
            Assert.That(Image(parts[0], parts[2], entry).Open().Names(), Is.EqualTo((string[])["SHORT"]), "without its middle part");
            Assert.That(Image(parts[0], parts[1], entry).Open().Names(), Is.EqualTo((string[])["SHORT"]), "without its first part");
            Assert.That(Image(wrong, parts[1], parts[2], entry).Open().Names(), Is.EqualTo((string[])["SHORT"]), "a sum differs");
            Assert.That(Image([.. parts[..3], deleted, other]).Open().Names(), Is.EqualTo((string[])["OTHER"]), "of a deleted entry");
            Assert.That(Image([.. parts[..2], .. parts]).Open().Names(), Is.EqualTo((string[])[Name]), "begun twice");
            Assert.That(Image([.. parts[..3]]).Open().Names(), Is.Empty, "at the end");
        });
    }

    [Test]
    public void A_long_name_may_go_from_cluster_to_cluster()
    {
        var image = new FatImage(16, 5000);
        byte[] directory = image.Directory("DIR", 0, 10, 30, 20);
        image.Add(0, directory);
        string name = new('n', 250);
        image.Add(10, [.. FatImage.Long(name, FatImage.Entry("FIRST")), .. FatImage.Long(name + "2", FatImage.Entry("SECOND"))]);
        FileSystem fs = image.Open();

        Assert.That(fs.Names("DIR"), Is.EqualTo((string[])[name, name + "2"]));
        Assert.That(fs.Find($"dir/{name}2"), Is.EqualTo(new NodeId((ulong)(image.AddressOf(20) + (11 * 32)))));
    }

    [Test]
    public void Free_entries_do_not_end_a_directory()
    {
        byte[] label = FatImage.Entry("LABEL", EntryAttributes.VolumeLabel);
        FileSystem fs = Image(FatImage.Entry("A"), new byte[32], FatImage.Entry("\u00E5X"), label, FatImage.Entry("B")).Open();
        Assert.That(fs.Names(), Is.EqualTo((string[])["A", "B"]));
        Assert.That(fs.Describe().Facts.First().Value, Is.EqualTo("LABEL"));
    }

    [Test]
    public void Names_are_shown_in_the_character_set_that_is_asked_for()
    {
        FatImage image = Image(FatImage.Long("Привет €", FatImage.Entry("SHORT")));
        FileSystem fs = image.Open("iocharset=koi8-r");
        byte[] name = [0xF0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4, (byte)' ', (byte)'?'];
        byte[] capital = [0xF0, 0xF2, 0xE9, 0xF7, 0xE5, 0xF4, (byte)' ', (byte)'?'];

        Assert.That(fs.TryLookup(fs.Root, name, out NodeId node));
        Assert.That(fs.TryLookup(fs.Root, capital, out NodeId same) && same == node);
        Assert.That(fs.TryLookup(fs.Root, "Привет €"u8, out _), Is.False);
        Assert.That(image.Open("iocharset=koi8-r,utf8").Names(), Is.EqualTo((string[])["Привет €"]));
        Assert.That(image.Open("iocharset=koi8-r,check=s").TryLookup(fs.Root, capital, out _), Is.False);
    }

    [TestCase("utf8=0", "Gr\u00fc\u00dfe ?")]
    [TestCase("utf8=no,iocharset=koi8-r", "Gr??e ?")]
    [TestCase("utf8=0,utf8", "Gr\u00fc\u00dfe \u20ac")]
    public void Without_UTF_8_names_are_shown_in_Latin_1_where_no_other_set_is_said(string options, string shown)
    {
        FileSystem fs = Image(FatImage.Long("Grüße €", FatImage.Entry("SHORT"))).Open(options);
        Encoding encoding = options.EndsWith(",utf8", StringComparison.Ordinal) ? Encoding.UTF8 : Encoding.Latin1;

        Assert.That(fs.TryLookup(fs.Root, encoding.GetBytes(shown), out _));
    }

    [TestCase("iocharset=klingon")]
    [TestCase("codepage=1361")]
    [TestCase("shortname=upper")]
    [TestCase("check=x")]
    [TestCase("errors=ignore")]
    [TestCase("tz=CET")]
    [TestCase("time_offset=1441")]
    [TestCase("time_offset=x")]
    [TestCase("nonumtail=maybe")]
    public void Values_that_are_no_good_are_refused(string options) =>
        Assert.That(() => Image().Open(options), Throws.TypeOf<OptionException>());

    [Test]
    public void The_options_of_vfat_are_taken()
    {
        var options = OptionList.Parse(
            "uid=1,gid=2,umask=022,dmask=022,fmask=133,allow_utime=20,codepage=437,usefree,nocase,quiet,showexec,debug,sys_immutable,flush,"
            + "tz=UTC,time_offset=-60,errors=remount-ro,discard,nfs=stale_rw,conv=auto,fat=12,blocksize=512,posix,dots,nodots,"
            + "dotsOK=no,rodir,"
            + "iocharset=utf8,shortname=mixed,utf8,uni_xlate=1,nonumtail=0,check=r");
        var source = new MemorySource(Image().Bytes);
        new FatFormat().Open(source, new OpenContext(options));
        Assert.That(options.Names, Is.Empty);
    }
}
