using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Raw sectors in a file without a sheet.</summary>
internal sealed class RawSectorTests
{
    private const int Count = 40;

    private static readonly TestCaseData<byte[], string, int>[] s_files =
    [
        new(Sectors.Mode1(0, Count), "MODE1/2352", 16),
        new(Sectors.Mode1(0, Count, 96), "MODE1/2448", 16),
        new(Sectors.Mode1(0, Count, 16), "MODE1/2368", 16),
        new(Sectors.Mode2(0, Count), "MODE2/2352", 24),
        new(Sectors.Mode2(0, Count, 96), "MODE2/2448", 24),
    ];

    [TestCaseSource(nameof(s_files))]
    public void Sectors_are_found_by_their_sync_pattern(byte[] file, string mode, int dataStart)
    {
        Disc disc = new DiscFiles().With("x.bin", file).Open("x.bin");
        Assert.That(disc.Tracks.Single().TypeName, Is.EqualTo(mode));
        Assert.That(disc.Length, Is.EqualTo(Count * 2048));
        Assert.That(Sectors.ReadSectors(disc, 0, Count), Is.EqualTo(Sectors.Cooked(0, Count)));

        int size = file.Length / Count;
        Assert.That(disc.Map(0, 1 << 20, out _), Is.EqualTo(Extent.Mapped(0, 2048, dataStart)));
        Assert.That(disc.Map((3 * 2048) + 5, 1 << 20, out _), Is.EqualTo(Extent.Mapped((3 * 2048) + 5, 2043, (3 * size) + dataStart + 5)));
        Assert.That(disc.Map((3 * 2048) + 5, 7, out _), Is.EqualTo(Extent.Mapped((3 * 2048) + 5, 7, (3 * size) + dataStart + 5)));
    }

    [TestCase(2336)]
    [TestCase(2056)]
    public void Sectors_without_sync_are_found_by_their_volume_descriptor(int size)
    {
        byte[] sectors = [.. Enumerable.Range(0, Count).SelectMany(i => Sectors.Mode2Bare(i, 1)[..size])];
        Assert.That(new RawSectorFormat().Probe(new DiscFiles().With("x.bin", sectors).File("x.bin")), Is.False);

        "\u0001CD001"u8.CopyTo(sectors.AsSpan((16 * size) + 8));
        Disc disc = new DiscFiles().With("x.bin", sectors).Open("x.bin");
        Assert.That(disc.Tracks.Single().TypeName, Is.EqualTo($"MODE2/{size}"));
        Assert.That(Sectors.ReadSectors(disc, 17, 3), Is.EqualTo(Sectors.Cooked(17, 3)));
    }

    [Test]
    public void A_track_lies_where_its_sectors_say()
    {
        Disc disc = new DiscFiles().With("x.bin", Sectors.Mode1(12_345, Count)).Open("x.bin");
        Assert.That(disc.Tracks.Single().Start, Is.EqualTo(12_345));
        Assert.That(disc.Sessions.Default, Is.EqualTo(12_345 * 2048));
        Assert.That(disc.Map(0, long.MaxValue, out _), Is.EqualTo(Extent.Hole(0, 12_345 * 2048)));
        Assert.That(Sectors.ReadSectors(disc, 12_345, Count), Is.EqualTo(Sectors.Cooked(12_345, Count)));
    }

    [Test]
    public void The_pregap_in_front_of_a_disc_is_passed_over()
    {
        Disc disc = new DiscFiles().With("x.bin", Sectors.Mode1(-150, 150 + Count)).Open("x.bin");
        Assert.That(disc.Length, Is.EqualTo(Count * 2048));
        Assert.That(Sectors.ReadSectors(disc, 0, Count), Is.EqualTo(Sectors.Cooked(0, Count)));
    }

    [Test]
    public void A_file_that_ends_inside_of_a_sector_is_read_up_to_there_with_a_warning()
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Mode1(0, Count)[..^1]);
        Disc disc = files.Open("x.bin");
        Assert.That(files.Warnings.Single(), Does.Contain("x.bin").And.Contain("2352"));
        Assert.That(disc.Length, Is.EqualTo((Count - 1) * 2048));
    }

    [Test]
    public void What_is_no_raw_sector_is_no_disc()
    {
        foreach (byte[] file in (byte[][])[[], new byte[100], Sectors.Cooked(0, Count), Sectors.Mode1(0, 1), [.. Sectors.Mode1(0, 1), .. new byte[5000]]])
        {
            Assert.That(new RawSectorFormat().Probe(new DiscFiles().With("x", file).File("x")), Is.False);
        }
    }

    [Test]
    public void An_address_that_is_no_time_counts_from_0()
    {
        byte[] file = Sectors.Mode1(0, Count);
        file[13] = 0x7F;
        Assert.That(new DiscFiles().With("x.bin", file).Open("x.bin").Tracks.Single().Start, Is.Zero);
    }

    [TestCase(16)]
    [TestCase(0)]
    public void Sectors_of_form_2_are_no_data_and_their_neighbours_are(int headerless)
    {
        byte[] raw = [.. Sectors.Mode2(0, 20), .. Sectors.Form2(20, 3), .. Sectors.Mode2(23, 17)];
        "\u0001CD001"u8.CopyTo(raw.AsSpan((16 * 2352) + 24));
        byte[] file = [.. raw.Chunk(2352).SelectMany(sector => sector[headerless..])];
        Disc disc = new DiscFiles().With("x.bin", file).Open("x.bin");
        for (int round = 0; round < 2; round++)
        {
            Assert.That(Sectors.ReadSectors(disc, 17, 3), Is.EqualTo(Sectors.Cooked(17, 3)));
            Assert.That(Sectors.ReadSectors(disc, 23, 17), Is.EqualTo(Sectors.Cooked(23, 17)));
            foreach (int sector in (int[])[20, 21, 22])
            {
                UnsupportedFeatureException? refused = Assert.Throws<UnsupportedFeatureException>(() => disc.ReadAt((sector * 2048) + 1000, new byte[1]));
                Assert.That(refused?.Message, Does.Contain($"sector {sector}").And.Contain("form 2"));
            }
        }
    }

    [Test]
    public void A_subheader_whose_copies_differ_does_not_say_form_2()
    {
        byte[] file = Sectors.Mode2(0, Count);
        file[(5 * 2352) + 18] = 0x20;
        Assert.That(Sectors.ReadSectors(new DiscFiles().With("x.bin", file).Open("x.bin"), 0, Count), Is.EqualTo(Sectors.Cooked(0, Count)));
    }
}
