using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tests.FileSystems.Xfs.Log;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Xfs;

/// <summary>The super block of XFS: its features, what is refused, and its copies.</summary>
internal sealed class SuperBlockTests
{
    private const int Sector = 512;
    private const int ChecksumAt = 224;
    private const int IncompatibleAt = 216;
    private const int LogIncompatibleAt = 220;
    private const int VersionAt = 101;

    [Test]
    public void A_volume_is_identified_by_its_label_and_UUID()
    {
        VolumeIdentity identity = new XfsFormat().Identify(new MemorySource(XfsImages.Read("small")));
        Assert.That((identity.Type, identity.Label, identity.Uuid.Length), Is.EqualTo(("xfs", "small", 36)));
    }

    [Test]
    public void A_damaged_first_super_block_is_replaced_by_a_copy_with_a_warning([Values(0, 4, 130, 200)] int at, [Values("small", "block1k")] string name)
    {
        byte[] image = XfsImages.Read(name);
        FileSystem sound = XfsImages.Open(image);
        image[at] ^= 0xFF;
        string? warning = null;
        FileSystem fileSystem = new XfsFormat().Open(new MemorySource(image), new OpenContext(new OptionList(), said => warning = said));
        Assert.That(warning, Does.Contain("its copy at 0x1000000"));
        Assert.That(fileSystem.TryLookup(fileSystem.Root, "a"u8, out NodeId node), Is.EqualTo(sound.TryLookup(sound.Root, "a"u8, out NodeId expected)));
        Assert.That(node, Is.EqualTo(expected));
    }

    [Test]
    public void Without_any_super_block_the_first_is_the_error()
    {
        byte[] image = XfsImages.Read("small");
        for (int at = 0; at < image.Length; at += Sector)
        {
            if (image.AsSpan(at).StartsWith("XFSB"u8))
            {
                image[at] = 0;
            }
        }

        Assert.That(() => XfsImages.Open(image), Throws.TypeOf<InvalidImageException>().With.Property(nameof(InvalidImageException.Address)).Zero);
    }

    // sb_features_log_incompat: only the log itself has such features, so they matter while it is dirty.
    [Test]
    public void A_log_with_features_that_are_not_known_is_not_replayed()
    {
        byte[] image = XfsImages.Read("small");
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(LogIncompatibleAt), 3);
        Seal(image);
        Assert.That(() => XfsImages.Open(image), Throws.Nothing, "it is clean");
        byte[] dirty = IntentItems.WithLog(image, [IntentItems.Done(LogItemType.BlockMap, 1)]);
        Assert.That(() => XfsImages.Open(dirty), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("0x3").And.Message.Contains("norecovery"));
        Assert.That(() => XfsImages.Open(dirty, "norecovery"), Throws.Nothing);
        BinaryPrimitives.WriteUInt32BigEndian(dirty.AsSpan(LogIncompatibleAt), 1);
        Seal(dirty);
        Assert.That(() => XfsImages.Open(dirty), Throws.Nothing, "logged attributes are read");
    }

    [TestCase(0x10u, "xfs_repair")]
    [TestCase(0x200u, "zoned")]
    [TestCase(0x80000000u, "incompat 0x80000000")]
    public void What_is_not_read_is_refused_by_name(uint feature, string name)
    {
        byte[] image = XfsImages.Read("small");
        Span<byte> features = image.AsSpan(IncompatibleAt);
        BinaryPrimitives.WriteUInt32BigEndian(features, BinaryPrimitives.ReadUInt32BigEndian(features) | feature);
        Seal(image);
        Assert.That(() => XfsImages.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(name));
    }

    [Test]
    public void Another_version_is_refused()
    {
        byte[] image = XfsImages.Read("v4");
        image[VersionAt] = (byte)((image[VersionAt] & 0xF0) | 3);
        Assert.That(() => XfsImages.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("version 3"));
    }

    [Test]
    public void Every_length_of_a_volume_is_sound_or_a_typed_error([Range(0, 2048, 64)] int length)
    {
        byte[] image = XfsImages.Read("small")[..length];
        Assert.That(new XfsFormat().Probe(new MemorySource(image)), Is.EqualTo(length >= Sector));
        Assert.That(() => XfsImages.Open(image), Throws.InstanceOf<ImageException>());
    }

    [Test]
    public void Addresses_are_those_of_groups_and_inodes_are_their_places()
    {
        var geometry = new Geometry(new SuperBlock(XfsImages.Read("small").AsSpan(0, Sector)));
        long inode = geometry.InodeNumber(1, 64);
        Assert.That(geometry.GroupCount, Is.EqualTo(2));
        Assert.That(geometry.AddressOfGroup(1), Is.EqualTo(16 << 20));
        Assert.That(geometry.AddressOfInode(inode), Is.EqualTo((16 << 20) + (64 * geometry.InodeSize)));
        Assert.That(geometry.IsValidInode(inode), Is.True);
        Assert.That(geometry.IsValidInode(geometry.InodeNumber(2, 64)), Is.False);
        Assert.That(geometry.IsValid(geometry.BlockOfInode(inode), geometry.GroupBlocks), Is.False, "beyond the group");
    }

    private static void Seal(byte[] image) => BinaryPrimitives.WriteUInt32LittleEndian(
        image.AsSpan(ChecksumAt), ~Crc32C.AppendWithout(Crc32C.Initial, image.AsSpan(0, Sector), ChecksumAt, sizeof(uint)));
}
