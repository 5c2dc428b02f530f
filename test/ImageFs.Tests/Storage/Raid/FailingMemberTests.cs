using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Raid;

namespace ImageFs.Tests.Storage.Raid;

/// <summary>Members that are there and fail when they are read: what they have comes from the others, as when they were missing.</summary>
internal sealed class FailingMemberTests
{
    private const int Chunk = 512;
    private const int MemberLength = 32 * Chunk;

    private static readonly (RaidLevel Level, int Members, int Layout, int Redundancy)[] s_arrays =
    [
        (RaidLevel.Raid1, 3, 0, 2),
        (RaidLevel.Raid10, 4, RaidGeometry.Raid10Layout(2), 1),
        (RaidLevel.Raid10, 4, RaidGeometry.Raid10Layout(1, 2), 1),
        (RaidLevel.Raid10, 5, RaidGeometry.Raid10Layout(1, 3, isOffset: true), 2),
        (RaidLevel.Raid4, 4, 0, 1),
        (RaidLevel.Raid5, 4, (int)ParityAlgorithm.LeftSymmetric, 1),
        (RaidLevel.Raid6, 5, (int)ParityAlgorithm.LeftSymmetric, 2),
        (RaidLevel.Raid6, 5, (int)ParityAlgorithm.RotatingZeroRestart, 2),
    ];

    [Test]
    public void As_many_members_may_fail_as_may_be_missing([ValueSource(nameof(s_arrays))] (RaidLevel Level, int Members, int Layout, int Redundancy) array)
    {
        RaidModel model = Make(array.Level, array.Members, array.Layout);
        TestDevice[] devices = Devices(model);
        BlockSource source = Open(model, devices);
        for (int first = 0; first < devices.Length; first++)
        {
            int second = array.Redundancy > 1 ? (first + 1) % devices.Length : first;
            devices[first].Bad = (0, MemberLength);
            devices[second].Bad = (0, MemberLength);
            Assert.That(Read(source), Is.EqualTo(model.Data), $"{first} and {second} fail");
            (devices[first].Bad, devices[second].Bad) = (null, null);
        }

        Assert.That(Read(source), Is.EqualTo(model.Data));
    }

    [Test]
    public void One_may_be_missing_and_another_fail_with_two_of_parity()
    {
        RaidModel model = Make(RaidLevel.Raid6, 5, (int)ParityAlgorithm.LeftSymmetric);
        for (int missing = 0; missing < 5; missing++)
        {
            TestDevice[] devices = Devices(model);
            BlockSource source = Open(model, devices, missing);
            devices[(missing + 2) % 5].Bad = (0, MemberLength);
            Assert.That(Read(source), Is.EqualTo(model.Data), $"without {missing}");
        }
    }

    [Test]
    public void What_fails_on_each_member_in_another_place_is_whole_all_the_same()
    {
        RaidModel model = Make(RaidLevel.Raid1, 2, 0);
        TestDevice[] devices = Devices(model);
        BlockSource source = Open(model, devices);
        devices[0].Bad = (0, 4096);
        devices[1].Bad = (8000, 8400);

        Assert.That(Read(source), Is.EqualTo(model.Data));
    }

    [Test]
    public void What_fails_everywhere_is_the_error_of_the_first()
    {
        RaidModel model = Make(RaidLevel.Raid1, 2, 0);
        TestDevice[] devices = Devices(model);
        BlockSource source = Open(model, devices);
        devices[0].Bad = (4096, 8192);
        devices[1].Bad = (5000, 6000);

        Assert.That(() => Read(source), Throws.TypeOf<LinuxException>().With.Message.Contains("member 0").And.Property(nameof(LinuxException.Errno)).EqualTo(Errno.EIO));
        byte[] before = new byte[4096];
        source.ReadAt(0, before);
        Assert.That(before, Is.EqualTo(model.Data[..4096]));
        Assert.That(devices.Sum(device => device.Reads), Is.LessThan(20), "no piece is asked for again and again");
    }

    [Test]
    public void A_layer_on_top_gets_the_other_copy_as_well()
    {
        RaidModel model = Make(RaidLevel.Raid5, 3, (int)ParityAlgorithm.LeftSymmetric);
        TestDevice[] devices = Devices(model);
        var slice = new BlockSlice(new BlockSlice(Open(model, devices), 700, 9000), 100, 8000);
        devices[1].Bad = (0, MemberLength);
        byte[] bytes = new byte[8000];
        slice.ReadAt(0, bytes);

        Assert.That(bytes, Is.EqualTo(model.Data[800..8800]));
    }

    [Test]
    public void A_member_whose_own_map_is_damaged_is_done_without()
    {
        RaidModel model = Make(RaidLevel.Raid1, 2, 0);
        BlockSource source = model.Geometry.Open([new RaidMember("0", new DamagedMap(model.Members[0], 9000), MemberLength), new RaidMember("1", new MemorySource(model.Members[1]), MemberLength)]);

        Assert.That(Read(source), Is.EqualTo(model.Data));
        Assert.That(source.TryLocate(9100, 1, out _), Is.False, "whoever sends by reference has to copy");
    }

    [Test]
    public void An_array_without_copies_has_the_error_at_once()
    {
        TestDevice[] devices = [new(new byte[1 << 20], "a"), new(new byte[1 << 20], "b")];
        BlockSource source = new RaidGeometry(RaidLevel.Linear, 2).Open([.. devices.Select(device => new RaidMember(device.Name, device, device.Length))]);
        devices[1].Bad = (1000, 2000);

        Assert.That(() => Read(source), Throws.TypeOf<LinuxException>());
        Assert.That(devices[1].Reads, Is.EqualTo(1));
    }

    private static RaidModel Make(RaidLevel level, int members, int layout) =>
        new(new RaidGeometry(level, members) { Layout = layout, ChunkLength = level == RaidLevel.Raid1 ? 0 : Chunk, MemberLength = MemberLength });

    private static TestDevice[] Devices(RaidModel model) => [.. model.Members.Select((bytes, i) => new TestDevice(bytes, $"member {i}"))];

    private static BlockSource Open(RaidModel model, TestDevice[] devices, int missing = -1) =>
        model.Geometry.Open([.. devices.Select((device, i) => new RaidMember(device.Name, i == missing ? null : device, MemberLength))]);

    private static byte[] Read(BlockSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>Bytes in a container whose table is damaged from some place on.</summary>
    private sealed class DamagedMap(byte[] bytes, long from) : BlockSource
    {
        private readonly MemorySource _below = new(bytes);

        public override long Length => bytes.Length;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = _below;
            return offset < from
                ? Extent.Mapped(offset, Math.Min(maxLength, from - offset), offset)
                : throw new InvalidImageException("table", from, "it is damaged");
        }
    }
}
