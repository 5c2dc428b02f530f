using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Btrfs.Devices;

internal sealed class ChunkTests
{
    private const long MiB = 1 << 20;
    private const long K64 = ChunkBytes.Stripe;

    // The device and the place of a byte, by how the profiles are described in btrfs's documentation and by btrfs_map_block.
    [TestCase(BlockGroupFlags.None, 1, 0, 5 * K64, 1, MiB + (5 * K64))]
    [TestCase(BlockGroupFlags.Dup, 2, 1, 5 * K64, 2, MiB + (5 * K64))]
    [TestCase(BlockGroupFlags.Raid1C3, 3, 2, 5 * K64, 3, MiB + (5 * K64))]
    [TestCase(BlockGroupFlags.Raid0, 3, 0, 0, 1, MiB)]
    [TestCase(BlockGroupFlags.Raid0, 3, 0, K64 + 7, 2, MiB + 7)]
    [TestCase(BlockGroupFlags.Raid0, 3, 0, (5 * K64) + 1, 3, MiB + K64 + 1)]
    [TestCase(BlockGroupFlags.Raid10, 4, 0, K64, 3, MiB)]
    [TestCase(BlockGroupFlags.Raid10, 4, 1, K64, 4, MiB)]
    [TestCase(BlockGroupFlags.Raid10, 4, 1, (2 * K64) + 9, 2, MiB + K64 + 9)]
    [TestCase(BlockGroupFlags.Raid5, 3, 0, 0, 1, MiB)]
    [TestCase(BlockGroupFlags.Raid5, 3, 0, K64, 2, MiB)]
    [TestCase(BlockGroupFlags.Raid5, 3, 0, 2 * K64, 2, MiB + K64)]
    [TestCase(BlockGroupFlags.Raid5, 3, 0, 3 * K64, 3, MiB + K64)]
    [TestCase(BlockGroupFlags.Raid5, 3, 0, 5 * K64, 1, MiB + (2 * K64))]
    [TestCase(BlockGroupFlags.Raid6, 4, 0, 2 * K64, 2, MiB + K64)]
    [TestCase(BlockGroupFlags.Raid6, 4, 0, 5 * K64, 4, MiB + (2 * K64))]
    [TestCase(BlockGroupFlags.Raid6, 4, 0, 7 * K64, 1, MiB + (3 * K64))]
    public void Bytes_lie_where_the_profile_has_them(BlockGroupFlags profile, int stripes, int copy, long within, int device, long offset)
    {
        Chunk chunk = ChunkBytes.Read(ChunkBytes.Make(BlockGroupFlags.Data | profile, 12 * K64, stripes, profile == BlockGroupFlags.Raid10 ? 2 : 1));

        StripePart part = chunk.PartOf(within, copy);

        Assert.That(part.Device.Key, Is.EqualTo(ChunkBytes.Key(device)));
        Assert.That(part.Offset, Is.EqualTo(offset));
        bool isStriped = profile is BlockGroupFlags.Raid0 or BlockGroupFlags.Raid10 or BlockGroupFlags.Raid5 or BlockGroupFlags.Raid6;
        Assert.That(part.Length, Is.EqualTo(isStriped ? K64 - (within % K64) : (12 * K64) - within));
    }

    // P is behind the data, and Q behind P; all of them move on by one device a row.
    [TestCase(0, 2, 3)]
    [TestCase(0, 3, 4)]
    [TestCase(1, 2, 4)]
    [TestCase(1, 3, 1)]
    [TestCase(2, 2, 1)]
    public void Parity_moves_on_from_row_to_row(int row, int member, int device) =>
        Assert.That(
            ChunkBytes.Read(ChunkBytes.Make(BlockGroupFlags.Data | BlockGroupFlags.Raid6, 12 * K64, 4)).StripeOf(row, member).Device.Key,
            Is.EqualTo(ChunkBytes.Key(device)));

    [Test]
    public void What_is_missing_or_left_behind_is_asked_last()
    {
        var devices = new DeviceTable();
        devices.Add(new MemberDevice(ChunkBytes.Key(2), MemorySource.Empty, IsStale: true));
        devices.Add(new MemberDevice(ChunkBytes.Key(3), MemorySource.Empty));

        Chunk chunk = ChunkBytes.Read(ChunkBytes.Make(BlockGroupFlags.Data | BlockGroupFlags.Raid1C3, K64, 3), devices);

        Assert.That(Enumerable.Range(0, 3).Select(copy => chunk.PartOf(0, copy).Device.Key.Id), Is.EqualTo(new ulong[] { 3, 2, 1 }));
    }

    [TestCase("length", 0, 0UL, "no whole sectors")]
    [TestCase("length", 0, 4097UL, "no whole sectors")]
    [TestCase("length beyond all addresses", 0, 0x7FFF_FFFF_FFFF_F000UL, "beyond all addresses")]
    [TestCase("length that wraps", 0, 0xFFFF_FFFF_FFFF_F000UL, "beyond all addresses")]
    [TestCase("stripe_len", 16, 0UL, "its stripes have 0 bytes")]
    [TestCase("stripe_len", 16, 4096UL, "its stripes have 4096 bytes")]
    [TestCase("type without a use", 24, 0x10UL, "for nothing that there is")]
    [TestCase("type of system and data", 24, 0x13UL, "for nothing that there is")]
    [TestCase("type of two profiles", 24, 0x19UL, "two profiles")]
    [TestCase("a stripe inside a sector", 56, 0x1001UL, "its stripe 0 is at 0x1001")]
    [TestCase("a stripe beyond all addresses", 56, 0xFFFF_FFFF_FFFF_F000UL, "its stripe 0 is at")]
    public void A_chunk_that_contradicts_itself_is_refused(string what, int offset, ulong value, string problem)
    {
        byte[] bytes = ChunkBytes.Make(BlockGroupFlags.Data | BlockGroupFlags.Raid1, 12 * K64, 2);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), value);

        Assert.That(() => ChunkBytes.Read(bytes), Throws.TypeOf<InvalidImageException>().With.Message.Contains(problem), what);
    }

    [TestCase(BlockGroupFlags.None, 2, 1)]
    [TestCase(BlockGroupFlags.None, 0, 1)]
    [TestCase(BlockGroupFlags.Dup, 1, 1)]
    [TestCase(BlockGroupFlags.Raid1, 3, 1)]
    [TestCase(BlockGroupFlags.Raid1C3, 2, 1)]
    [TestCase(BlockGroupFlags.Raid1C4, 3, 1)]
    [TestCase(BlockGroupFlags.Raid10, 4, 0)]
    [TestCase(BlockGroupFlags.Raid10, 4, 3)]
    [TestCase(BlockGroupFlags.Raid10, 3, 2)]
    [TestCase(BlockGroupFlags.Raid5, 1, 1)]
    [TestCase(BlockGroupFlags.Raid6, 2, 1)]
    [TestCase(BlockGroupFlags.Raid0, 0, 1)]
    public void Stripes_are_as_many_as_the_profile_has(BlockGroupFlags profile, int stripes, int subStripes) =>
        Assert.That(
            () => ChunkBytes.Read(ChunkBytes.Make(BlockGroupFlags.Data | profile, 12 * K64, stripes, subStripes)),
            Throws.TypeOf<InvalidImageException>().With.Message.Contains(Chunk.Clause));

    [Test]
    public void A_profile_that_is_not_known_is_named() =>
        Assert.That(
            () => ChunkBytes.Read(ChunkBytes.Make(BlockGroupFlags.Data | (BlockGroupFlags)0x800, K64, 1)),
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("0x800"));

    [Test]
    public void An_item_that_is_cut_short_is_refused_at_every_length()
    {
        byte[] bytes = ChunkBytes.Make(BlockGroupFlags.Data | BlockGroupFlags.Raid5, 12 * K64, 3);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(() => ChunkBytes.Read(bytes[..length]), Throws.TypeOf<InvalidImageException>());
        }
    }
}
