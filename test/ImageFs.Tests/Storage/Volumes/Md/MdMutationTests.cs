using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;
using ImageFs.Storage.Volumes.Md;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.Md;

/// <summary>Super blocks that are damaged: each change gives an error of a known kind, or an array that can be read.</summary>
internal sealed class MdMutationTests
{
    private const int DataLength = 16 << 10;

    private static readonly MdFormat s_format = new();
    private static readonly string[] s_versions = ["0.90", "1.0", "1.1", "1.2"];

    // Bytes whose values say something: not the names and reserved ones.
    private static readonly int[] s_fields0 = [8, .. Enumerable.Range(20, 44), .. Enumerable.Range(128, 60), .. Enumerable.Range(256, 8), .. Enumerable.Range(512, 20), .. Enumerable.Range(640, 20), .. Enumerable.Range(3968, 20)];
    private static readonly int[] s_fields1 = [.. Enumerable.Range(8, 8), .. Enumerable.Range(64, 32), .. Enumerable.Range(128, 36), .. Enumerable.Range(184, 8), .. Enumerable.Range(192, 32), .. Enumerable.Range(256, 8)];

    [Test]
    public void Every_change_is_an_error_of_a_known_kind_or_is_read([ValueSource(nameof(s_versions))] string version, [Values(0, 1, 5, 10)] int level)
    {
        var random = new Random(level);
        int layout = level switch { 0 => 2, 5 => 2, 10 => 0x102, _ => 0 };
        MdImage image = new(version, level, 3) { Layout = layout, Bad = version == "1.2" ? [(40, 3)] : [] };
        byte[][] good = [.. Enumerable.Range(0, 3).Select(number => image.Member(number, new byte[DataLength]))];
        int[] fields = version == "0.90" ? s_fields0 : s_fields1;
        var tally = new MutantTally();
        for (int i = 0; i < 250; i++)
        {
            byte[][] mutant = [.. good.Select(member => (byte[])member.Clone())];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                Span<byte> super = mutant[random.Next(3)].AsSpan((int)image.AddressIn(good[0].Length), 4096);
                super[fields[random.Next(fields.Length)]] = (byte)(random.Next(3) == 0 ? 0xFF : random.Next(256));
                MdImage.Seal(super);
            }

            tally.Next();
            Try(mutant, tally);
        }

        tally.AssertShares(opened: 50, read: 25);
    }

    [Test]
    public void A_member_cut_short_at_any_length_is_an_error_of_a_known_kind_or_is_read([ValueSource(nameof(s_versions))] string version)
    {
        byte[] member = new MdImage(version, 1, 2).Member(0, new byte[DataLength]);
        for (int length = 0; length < member.Length; length += length < 5000 ? 37 : 1021)
        {
            Try([member[..length]], new MutantTally());
        }
    }

    [TestCase("1.2")]
    [TestCase("1.1")]
    [TestCase("1.0")]
    [TestCase("0.90")]
    public void A_checksum_that_is_wrong_is_an_error_where_nothing_else_is_there(string version)
    {
        MdImage image = new(version, 1, 2);
        byte[] member = image.Member(0, new byte[DataLength]);
        long address = image.AddressIn(member.Length);
        member[address + 100] ^= 1;
        var source = new MemorySource(member);
        Assert.That(
            () => s_format.Recognise(source, new SectorSizes(), new OpenContext()),
            Throws.TypeOf<InvalidImageException>().With.Message.Match($@"^md super block at 0x{address:X}: its checksum is 0x[0-9A-F]+, not 0x[0-9A-F]+.* \(md_p.h\)$"));
        Assert.That(s_format.Recognise(source, new SectorSizes { IsVolume = static _ => true }, new OpenContext()), Is.Null, "a file system is there");
    }

    private static void Try(byte[][] members, MutantTally tally)
    {
        var search = new VolumeSearch([s_format], new OpenContext());
        VolumeNode[] nodes = [.. members.Select(bytes => search.Add(new MemorySource(bytes), new SectorSizes()))];
        search.Run();
        foreach (VolumeNode node in nodes.Where(node => node.Set is not null))
        {
            tally.NoteOpened();
            Assert.That(node.Set!.Describe(), Is.Not.Null);
            RunChecks(node);
            foreach (VolumeNode array in node.Parts.Where(part => part.Problem is null && part.Source.Length > 0))
            {
                Read(array.Source, tally);
            }
        }
    }

    // At the start and at the end: however long it claims to be.
    private static void Read(BlockSource source, MutantTally tally)
    {
        foreach (long offset in new[] { 0, Math.Max(0, source.Length - 5000) })
        {
            try
            {
                source.ReadAt(offset, new byte[Math.Min(5000, source.Length)]);
                tally.NoteRead();
            }
            catch (ImageException)
            {
            }
        }
    }

    private static void RunChecks(VolumeNode node)
    {
        foreach (Check check in s_format.ChecksOf(node.Source, new SectorSizes()))
        {
            var run = new CheckRun(static _ => { }, static _ => { });
            run.Try(() => check.Run!(run));
        }
    }
}
