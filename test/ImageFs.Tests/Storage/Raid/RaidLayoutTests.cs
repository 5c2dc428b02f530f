using ImageFs.Storage;
using ImageFs.Storage.Raid;

namespace ImageFs.Tests.Storage.Raid;

/// <summary>Arrays of every level and layout, whole and without members, against a model that writes them chunk by chunk.</summary>
internal sealed class RaidLayoutTests
{
    private const int Chunk = 512;
    private const int Rows = 24;

    private static readonly ParityAlgorithm[] s_ofOne =
    [
        ParityAlgorithm.LeftAsymmetric, ParityAlgorithm.RightAsymmetric, ParityAlgorithm.LeftSymmetric, ParityAlgorithm.RightSymmetric,
        ParityAlgorithm.Parity0, ParityAlgorithm.ParityN,
    ];

    private static readonly ParityAlgorithm[] s_ofTwo = Enum.GetValues<ParityAlgorithm>();

    // near, far, offset, far sets.
    private static readonly (int Near, int Far, bool IsOffset, bool HasSets)[] s_copies =
    [
        (2, 1, false, false), (3, 1, false, false), (1, 2, false, false), (1, 3, false, false), (1, 2, true, false), (1, 3, true, false),
        (1, 2, false, true), (1, 2, true, true), (2, 2, false, false), (1, 1, false, false),
    ];

    // md(4), "RAID5", and the tables of raid5.c's comments: P, Q and the numbers of chunks of the first rows.
    [TestCase(RaidLevel.Raid4, ParityAlgorithm.LeftSymmetric, "0 1 2 P|3 4 5 P")]
    [TestCase(RaidLevel.Raid5, ParityAlgorithm.LeftAsymmetric, "0 1 2 P|3 4 P 5|6 P 7 8|P 9 10 11|12 13 14 P")]
    [TestCase(RaidLevel.Raid5, ParityAlgorithm.RightAsymmetric, "P 0 1 2|3 P 4 5|6 7 P 8|9 10 11 P|P 12 13 14")]
    [TestCase(RaidLevel.Raid5, ParityAlgorithm.LeftSymmetric, "0 1 2 P|4 5 P 3|8 P 6 7|P 9 10 11|12 13 14 P")]
    [TestCase(RaidLevel.Raid5, ParityAlgorithm.RightSymmetric, "P 0 1 2|5 P 3 4|7 8 P 6|9 10 11 P|P 12 13 14")]
    [TestCase(RaidLevel.Raid5, ParityAlgorithm.Parity0, "P 0 1 2|P 3 4 5")]
    [TestCase(RaidLevel.Raid5, ParityAlgorithm.ParityN, "0 1 2 P|3 4 5 P")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.LeftAsymmetric, "Q 0 1 P|2 3 P Q|4 P Q 5|P Q 6 7|Q 8 9 P")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RightAsymmetric, "P Q 0 1|2 P Q 3|4 5 P Q|Q 6 7 P|P Q 8 9")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.LeftSymmetric, "Q 0 1 P|2 3 P Q|5 P Q 4|P Q 6 7|Q 8 9 P")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RightSymmetric, "P Q 0 1|3 P Q 2|4 5 P Q|Q 6 7 P|P Q 8 9")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RotatingZeroRestart, "P Q 0 1|2 P Q 3|4 5 P Q|Q 6 7 P")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RotatingNRestart, "0 1 P Q|2 P Q 3|P Q 4 5|Q 6 7 P|8 9 P Q")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RotatingNContinue, "0 1 Q P|3 Q P 2|Q P 4 5|P 6 7 Q|8 9 Q P")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.LeftAsymmetric6, "0 1 P Q|2 P 3 Q|P 4 5 Q|6 7 P Q")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RightAsymmetric6, "P 0 1 Q|2 P 3 Q|4 5 P Q|P 6 7 Q")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.LeftSymmetric6, "0 1 P Q|3 P 2 Q|P 4 5 Q|6 7 P Q")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.RightSymmetric6, "P 0 1 Q|3 P 2 Q|4 5 P Q|P 6 7 Q")]
    [TestCase(RaidLevel.Raid6, ParityAlgorithm.Parity06, "P 0 1 Q|P 2 3 Q")]
    public void Rows_are_as_they_are_drawn(RaidLevel level, ParityAlgorithm algorithm, string drawn)
    {
        string[][] rows = [.. drawn.Split('|').Select(row => row.Split(' '))];
        int dataCount = rows[0].Count(place => char.IsDigit(place[0]));
        var layout = new ParityLayout(level, algorithm, rows[0].Length, Chunk, Rows * Chunk);
        for (int stripe = 0; stripe < rows.Length; stripe++)
        {
            string[] found = new string[rows[0].Length];
            ParityMembers row = default;
            for (int number = stripe * dataCount; number < (stripe + 1) * dataCount; number++)
            {
                RaidPlace place = layout.PlaceOf((number * (long)Chunk) + 5, out row);
                Assert.That((place.Address, place.Length), Is.EqualTo(((stripe * (long)Chunk) + 5, (long)(Chunk - 5))));
                found[place.Member] = $"{number}";
            }

            found[row.P] = "P";
            if (row.Q >= 0)
            {
                found[row.Q] = "Q";
            }

            Assert.That(string.Join(' ', found), Is.EqualTo(string.Join(' ', rows[stripe])), $"row {stripe}");
            Assert.That(
                RaidModel.Row(level, algorithm, found.Length, stripe).Select(place => place switch { -1 => "P", -2 => "Q", _ => $"{place + (stripe * dataCount)}" }),
                Is.EqualTo(rows[stripe]),
                "the model");
        }
    }

    [Test]
    public void Raid_5_is_what_was_written_with_every_member_missing([ValueSource(nameof(s_ofOne))] ParityAlgorithm algorithm, [Values(2, 3, 5)] int members)
    {
        var model = new RaidModel(Geometry(RaidLevel.Raid5, members, (int)algorithm));
        AssertReads(model);
        for (int member = 0; member < members; member++)
        {
            AssertReads(model, member);
        }
    }

    [Test]
    public void Raid_4_is_what_was_written_with_every_member_missing([Values(2, 4)] int members)
    {
        var model = new RaidModel(Geometry(RaidLevel.Raid4, members, 0));
        AssertReads(model);
        for (int member = 0; member < members; member++)
        {
            AssertReads(model, member);
        }
    }

    [Test]
    public void Raid_6_is_what_was_written_with_every_two_members_missing([ValueSource(nameof(s_ofTwo))] ParityAlgorithm algorithm, [Values(4, 5, 7)] int members)
    {
        var model = new RaidModel(Geometry(RaidLevel.Raid6, members, (int)algorithm));
        AssertReads(model);
        for (int one = 0; one < members; one++)
        {
            for (int other = one; other < members; other++)
            {
                AssertReads(model, one, other);
            }
        }
    }

    [Test]
    public void Raid_10_is_what_was_written_as_long_as_there_are_copies([ValueSource(nameof(s_copies))] (int Near, int Far, bool IsOffset, bool HasSets) layout, [Values(4, 5, 6, 7)] int members)
    {
        RaidGeometry geometry = Geometry(RaidLevel.Raid10, members, RaidGeometry.Raid10Layout(layout.Near, layout.Far, layout.IsOffset, layout.HasSets));
        var model = new RaidModel(geometry);
        AssertReads(model);
        for (int member = 0; member < members && geometry.Redundancy > 0; member++)
        {
            AssertReads(model, [.. Enumerable.Range(member, geometry.Redundancy).Select(number => number % members)]);
        }
    }

    [Test]
    public void Raid_1_is_any_of_its_members()
    {
        var model = new RaidModel(new RaidGeometry(RaidLevel.Raid1, 3) { MemberLength = 5000 });
        AssertReads(model);
        AssertReads(model, 0);
        AssertReads(model, 0, 1);
        AssertReads(model, 1, 2);
    }

    // Three members of 4, 2 and 7 chunks: a zone of all three, one of the first and the last, one of the last. The second begins with the
    // seventh chunk: by the original layout its turn in the array is even, by the alternate one it is 0.
    [TestCase(1, "0.0 1.0 2.0 0.1 1.1 2.1 0.2 2.2 0.3 2.3 2.4 2.5 2.6")]
    [TestCase(2, "0.0 1.0 2.0 0.1 1.1 2.1 0.2 2.2 0.3 2.3 2.4 2.5 2.6")]
    public void Zones_of_an_even_start_are_the_same_in_both_layouts(int layout, string places) => AssertZones(layout, [4, 2, 7], places);

    [TestCase(1, "0.0 1.0 2.0 2.1 0.1 2.2 0.2 2.3 2.4")]
    [TestCase(2, "0.0 1.0 2.0 0.1 2.1 0.2 2.2 2.3 2.4")]
    public void Zones_of_an_odd_start_are_not(int layout, string places) => AssertZones(layout, [3, 1, 5], places);

    [Test]
    public void Zones_of_an_unknown_layout_are_refused_where_it_matters()
    {
        RaidMember[] members = [.. Enumerable.Range(1, 3).Select(i => Member(i, new byte[i * Chunk]))];
        RaidGeometry geometry = new(RaidLevel.Raid0, 3) { ChunkLength = Chunk };
        Assert.That(() => geometry.Open(members), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("layout-alternate"));
        Assert.That((geometry with { MemberCount = 2 }).Open(members[..2]).Length, Is.EqualTo(3 * Chunk), "the second zone has one member");
    }

    [Test]
    public void Linear_is_one_member_after_the_other_in_whole_chunks()
    {
        byte[] first = [.. Enumerable.Repeat((byte)1, 700)];
        byte[] second = [.. Enumerable.Repeat((byte)2, 1100)];
        RaidMember[] members = [Member(0, first), Member(1, second)];
        Assert.That(Read(new RaidGeometry(RaidLevel.Linear, 2).Open(members)), Is.EqualTo((byte[])[.. first, .. second]));
        Assert.That(Read(new RaidGeometry(RaidLevel.Linear, 2) { ChunkLength = 512 }.Open(members)), Is.EqualTo((byte[])[.. first[..512], .. second[..1024]]));
    }

    [TestCase(RaidLevel.Linear)]
    [TestCase(RaidLevel.Raid0)]
    public void What_has_no_redundancy_is_not_opened_without_a_member(RaidLevel level)
    {
        RaidGeometry geometry = new(level, 2) { ChunkLength = Chunk };
        RaidMember[] members = [Member(0, new byte[Chunk]), new RaidMember("member 1", null, 0)];
        Assert.That(geometry.LengthWith(members), Is.Zero);
        Assert.That(() => geometry.Open(members), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("member 1 is missing"));
    }

    [Test]
    public void Too_many_missing_members_fail_what_lies_on_them_alone()
    {
        var model = new RaidModel(Geometry(RaidLevel.Raid5, 3, (int)ParityAlgorithm.LeftSymmetric));
        BlockSource array = model.Open(1, 2);
        byte[] bytes = new byte[Chunk];
        array.ReadAt(0, bytes);
        Assert.That(bytes, Is.EqualTo(model.Data[..Chunk]));
        Assert.That(() => array.ReadAt(Chunk, bytes), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("0x200 of the array lie on member 1").And.Message.Contains("member 2"));
    }

    [Test]
    public void What_a_member_is_not_rebuilt_to_or_has_bad_blocks_in_comes_from_the_others([Values] bool isMirrored)
    {
        RaidGeometry geometry = isMirrored ? Geometry(RaidLevel.Raid10, 4, RaidGeometry.Raid10Layout(2)) : Geometry(RaidLevel.Raid6, 5, (int)ParityAlgorithm.LeftSymmetric);
        var model = new RaidModel(geometry);
        foreach (byte[] half in new[] { model.Members[0], model.Members[2] })
        {
            half.AsSpan(1000, 700).Fill(0xEE);
            half.AsSpan(5000).Fill(0xEE);
        }

        BlockSource array = geometry.Open([.. model.Members.Select((bytes, i) => i is 0 or 2
            ? new RaidMember($"{i}", new MemorySource(bytes), bytes.Length) { InSyncLength = 5000, BadRanges = [(1300, 400), (1000, 350)] }
            : Member(i, bytes))]);
        Assert.That(Read(array), Is.EqualTo(model.Data));
    }

    [Test]
    public void A_member_that_is_cut_short_is_missing_from_there_on()
    {
        var model = new RaidModel(Geometry(RaidLevel.Raid5, 3, (int)ParityAlgorithm.LeftSymmetric));
        BlockSource array = model.Geometry.Open([.. model.Members.Select((bytes, i) => new RaidMember($"{i}", new MemorySource(i == 1 ? bytes[..3333] : bytes), bytes.Length))]);
        Assert.That(Read(array), Is.EqualTo(model.Data));
    }

    [Test]
    public void Extents_are_joined_and_say_what_is_rebuilt()
    {
        var model = new RaidModel(Geometry(RaidLevel.Raid5, 3, (int)ParityAlgorithm.ParityN));
        BlockSource array = model.Open(1);
        Extent first = array.Map(0, long.MaxValue, out BlockSource below);
        Assert.That((first.Kind, first.Length, first.Address), Is.EqualTo((ExtentKind.Mapped, (long)Chunk, 0L)));
        Assert.That(below, Is.TypeOf<MemorySource>());
        Assert.That(array.Map(Chunk, long.MaxValue, out _), Is.EqualTo(new Extent(Chunk, Chunk, ExtentKind.Own, 0)));
        BlockSource mirror = new RaidModel(Geometry(RaidLevel.Raid10, 2, RaidGeometry.Raid10Layout(2))).Open();
        Assert.That(mirror.Map(0, long.MaxValue, out _).Length, Is.EqualTo(mirror.Length), "near copies on two members lie as they are");
    }

    [TestCase(RaidLevel.Raid5)]
    [TestCase(RaidLevel.Raid6)]
    [TestCase(RaidLevel.Raid10)]
    public void Reading_allocates_nothing(RaidLevel level)
    {
        BlockSource array = new RaidModel(Geometry(level, 4, level == RaidLevel.Raid10 ? RaidGeometry.Raid10Layout(1, 2) : (int)ParityAlgorithm.LeftSymmetric)).Open(1);
        byte[] bytes = new byte[array.Length];
        array.ReadAt(0, bytes);
        long allocated = Allocations.Of(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                array.ReadAt(i * 7, bytes.AsSpan(i * 7));
            }
        });
        Assert.That(allocated, Is.Zero);
    }

    [TestCase(RaidLevel.Raid5, 1, 2, 512, 512, "Raid5 of 1 members")]
    [TestCase(RaidLevel.Raid6, 3, 2, 512, 512, "Raid6 of 3 members")]
    [TestCase(RaidLevel.Raid0, 4000, 0, 512, 512, "Raid0 of 4000 members")]
    [TestCase(RaidLevel.Raid5, 3, 6, 512, 512, "Raid5 has no layout 6")]
    [TestCase(RaidLevel.Raid6, 4, 7, 512, 512, "Raid6 has no layout 7")]
    [TestCase(RaidLevel.Raid5, 3, 2, 0, 512, "chunks have 0 bytes")]
    [TestCase(RaidLevel.Raid5, 3, 2, 513, 512, "chunks have 513 bytes")]
    [TestCase(RaidLevel.Raid10, 4, 0x001, 512, 512, "no layout 0x1")]
    [TestCase(RaidLevel.Raid10, 4, 0x203, 512, 512, "no layout 0x203")]
    [TestCase(RaidLevel.Raid10, 4, 0x80102, 512, 512, "no layout 0x80102")]
    [TestCase(RaidLevel.Raid10, 4, -1, 512, 512, "no layout 0xFFFFFFFF")]
    [TestCase(RaidLevel.Raid1, 2, 0, 0, long.MaxValue, "longer than a file can be")]
    [TestCase((RaidLevel)7, 2, 0, 512, 512, "no RAID level 7")]
    public void What_cannot_be_is_said(RaidLevel level, int members, int layout, long chunk, long length, string problem) =>
        Assert.That(new RaidGeometry(level, members) { Layout = layout, ChunkLength = chunk, MemberLength = length }.FindProblem(), Does.Contain(problem));

    private static RaidGeometry Geometry(RaidLevel level, int members, int layout)
    {
        RaidGeometry geometry = new(level, members) { Layout = layout, ChunkLength = Chunk, MemberLength = Rows * Chunk };
        Assert.That(geometry.FindProblem(), Is.Null);
        return geometry;
    }

    private static RaidMember Member(int number, byte[] bytes) => new($"member {number}", new MemorySource(bytes), bytes.Length);

    private static void AssertReads(RaidModel model, params int[] missing)
    {
        BlockSource array = model.Open(missing);
        byte[] found = Read(array);
        if (!found.AsSpan().SequenceEqual(model.Data))
        {
            int first = found.AsSpan().CommonPrefixLength(model.Data);
            Assert.Fail($"{model.Geometry} without {string.Join(", ", missing)} differs from 0x{first:X} on");
        }
    }

    private static byte[] Read(BlockSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.ReadAt(0, bytes);
        return bytes;
    }

    private static void AssertZones(int layout, int[] chunks, string expected)
    {
        var zones = new StripZones([.. chunks.Select(count => (count * (long)Chunk) + 100)], Chunk, layout);
        Assert.That(zones.Length, Is.EqualTo(chunks.Sum() * (long)Chunk));
        Assert.That(zones.DependsOnLayout, Is.True);
        IEnumerable<string> found = Enumerable.Range(0, chunks.Sum()).Select(number =>
        {
            RaidPlace place = zones.PlaceOf((number * (long)Chunk) + 7, 0);
            Assert.That((place.Address % Chunk, place.Length), Is.EqualTo((7L, (long)(Chunk - 7))));
            return $"{place.Member}.{place.Address / Chunk}";
        });
        Assert.That(string.Join(' ', found), Is.EqualTo(expected));
    }
}
