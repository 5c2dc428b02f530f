using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs.Tests.Images;

public sealed class VolumeChoiceTests
{
    private static readonly Volume s_efi = new(
        new Partition(1, 0, 512, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b") { Name = "EFI", Uuid = "00000001-0000-0000-0000-00000000000a" },
        new MemorySource(new byte[512]));

    private static readonly Volume s_old = new(new Partition(5, 512, 512, "0x83") { Uuid = "12345678-05" }, new MemorySource(new byte[512]));

    [TestCase("", ExpectedResult = "1 5")]
    [TestCase("part=5", ExpectedResult = "5")]
    [TestCase("part=2", ExpectedResult = "")]
    [TestCase("label=EFI", ExpectedResult = "1")]
    [TestCase("label=efi", ExpectedResult = "")]
    [TestCase("partuuid=00000001-0000-0000-0000-00000000000A", ExpectedResult = "1")]
    [TestCase("partuuid=12345678-05", ExpectedResult = "5")]
    [TestCase("type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B", ExpectedResult = "1")]
    [TestCase("type=83", ExpectedResult = "5")]
    [TestCase("type=0x83", ExpectedResult = "5")]
    [TestCase("type=83,part=1", ExpectedResult = "")]
    public string It_matches(string options)
    {
        VolumeChoice choice = VolumeChoice.Take(OptionList.Parse(options));
        return string.Join(' ', new[] { s_efi, s_old }.Where(choice.Matches).Select(volume => volume.Partition!.Number));
    }

    [TestCase("offset=1048576,sizelimit=512", 1048576, 512L)]
    [TestCase("start=1M,size=1KiB", 1048576, 1024L)]
    [TestCase("offset=2G", 2147483648, null)]
    [TestCase("", 0, null)]
    public void A_part_is_given_in_bytes_or_with_a_suffix(string options, long offset, long? size)
    {
        VolumeChoice choice = VolumeChoice.Take(OptionList.Parse(options));

        Assert.That(choice.Offset, Is.EqualTo(offset));
        Assert.That(choice.SizeLimit, Is.EqualTo(size));
        Assert.That(choice.IsMade, Is.False);
    }

    [TestCase("offset=-1")]
    [TestCase("offset=1X")]
    [TestCase("offset=M")]
    [TestCase("offset=9000000000T")]
    [TestCase("sizelimit=iB")]
    public void What_is_no_size_is_refused(string options) =>
        Assert.That(() => VolumeChoice.Take(OptionList.Parse(options)), Throws.TypeOf<OptionException>().With.Message.Contains(options));

    [Test]
    public void A_directory_is_named_by_number_and_label()
    {
        Assert.That(s_efi.DirectoryName, Is.EqualTo("1-EFI"));
        Assert.That(s_old.DirectoryName, Is.EqualTo("5-unknown"));
        Assert.That((s_efi with { Entry = s_efi.Partition! with { Name = "a/b" } }).DirectoryName, Is.EqualTo("1-a_b"));
    }
}
