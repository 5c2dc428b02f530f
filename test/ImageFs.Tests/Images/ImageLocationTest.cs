using ImageFs.Images;
using ImageFs.Storage;

namespace ImageFs.Tests.Images;

/// <summary>Paths that lead into images.</summary>
public sealed class ImageLocationTest
{
    private string _folder = string.Empty;

    [OneTimeSetUp]
    public void MakeFile()
    {
        _folder = Directory.CreateTempSubdirectory("imagefs-test-").FullName;
        File.WriteAllText(Path.Combine(_folder, "disk"), string.Empty);
    }

    [OneTimeTearDown]
    public void RemoveFile() => Directory.Delete(_folder, recursive: true);

    [TestCase("disk", "disk")]
    [TestCase("disk//a/b.iso", "disk", "a/b.iso")]
    [TestCase("disk//a.qcow2//b.iso", "disk", "a.qcow2", "b.iso")]
    [TestCase("/disk", "/disk")]
    [TestCase("//disk//b.iso", "//disk", "b.iso")]
    [TestCase("missing//b.iso", "missing//b.iso")]
    [TestCase("disk/b.iso", "disk/b.iso")]
    public void Two_slashes_behind_a_file_lead_into_it(string path, string outer, params string[] inner)
    {
        var parsed = ImageLocation.Parse($"{_folder}/{path}");

        Assert.That(parsed.Outer, Is.EqualTo($"{_folder}/{outer}"));
        Assert.That(parsed.Inner, Is.EqualTo(inner));
    }

    [Test]
    public void A_device_can_be_led_into() => Assert.That(ImageLocation.Parse("/dev/null//a.iso").Outer, Is.EqualTo("/dev/null"));

    [Test]
    public void Too_many_images_are_refused() =>
        Assert.That(
            () => ImageLocation.Parse($"{_folder}/disk{string.Concat(Enumerable.Repeat("//x", 9))}"),
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("more than 8"));
}
