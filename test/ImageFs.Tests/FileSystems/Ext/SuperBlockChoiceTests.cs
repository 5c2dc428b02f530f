using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary><c>sb=</c>: a copy of the super block, and the group descriptors after it.</summary>
public sealed class SuperBlockChoiceTests
{
    // Of blocks of 1 KiB, 512 in a group.
    private const string Image = "wide";
    private const int Copy = 513;
    private const int Unit = 1024;

    [Test]
    public void A_copy_counts_where_the_first_is_gone()
    {
        byte[] image = ExtImages.Read(Image);
        string[] expected = [.. ExtImages.Open(image).ListNames(string.Empty)];
        Array.Clear(image, Unit, Unit);

        Assert.That(() => ExtImages.Open(image), Throws.InstanceOf<ImageException>());
        FileSystem fs = ExtImages.Open(image, $"sb={Copy}");
        Assert.That(fs.ListNames(string.Empty), Is.EqualTo(expected));
    }

    [TestCase("sb=1")]
    [TestCase("")]
    public void The_first_is_at_1(string options) => Assert.That(ExtImages.Open(Image, options).ListNames(string.Empty), Is.Not.Empty);

    [TestCase("sb=0")]
    [TestCase("sb=2")]
    [TestCase("sb=4000000000")]
    public void Elsewhere_there_is_none(string options) =>
        Assert.That(() => ExtImages.Open(Image, options), Throws.InstanceOf<ImageException>());

    [Test]
    public void It_is_a_number() => Assert.That(() => ExtImages.Open(Image, "sb=x"), Throws.TypeOf<OptionException>());
}
