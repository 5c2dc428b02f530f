using ImageFs.FileSystems.Ext;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>The table of ext4's documentation (Inode Timestamps): the ends of each epoch.</summary>
public sealed class InodeTimeTests
{
    [TestCase(0x80000000u, 0u, -0x80000000L)]
    [TestCase(0xFFFFFFFFu, 0u, -1L)]
    [TestCase(0x00000000u, 0u, 0L)]
    [TestCase(0x7FFFFFFFu, 0u, 0x7FFFFFFFL)]
    [TestCase(0x80000000u, 1u, 0x80000000L)]
    [TestCase(0xFFFFFFFFu, 1u, 0xFFFFFFFFL)]
    [TestCase(0x00000000u, 1u, 0x100000000L)]
    [TestCase(0x7FFFFFFFu, 1u, 0x17FFFFFFFL)]
    [TestCase(0x80000000u, 2u, 0x180000000L)]
    [TestCase(0x7FFFFFFFu, 2u, 0x27FFFFFFFL)]
    [TestCase(0x80000000u, 3u, 0x280000000L)]
    [TestCase(0x7FFFFFFFu, 3u, 0x37FFFFFFFL)]
    public void The_epoch_adds_to_seconds_that_have_a_sign(uint seconds, uint extra, long expected) =>
        Assert.That(InodeTime.Decode(seconds, extra), Is.EqualTo(new Timestamp(expected)));

    [Test]
    public void Nanoseconds_are_above_the_epoch() =>
        Assert.That(InodeTime.Decode(1, (123_456_789u << 2) | 1), Is.EqualTo(new Timestamp(0x100000001, 123_456_789)));

    [Test]
    public void Nanoseconds_are_never_a_second() =>
        Assert.That(InodeTime.Decode(0, uint.MaxValue).Nanoseconds, Is.EqualTo(999_999_999));
}
