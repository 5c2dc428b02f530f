using System.Security.Cryptography;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>images/README.md says what the images are.</summary>
internal sealed class ImageSumTests
{
    [TestCase("")]
    [TestCase("invalid")]
    public void Every_image_has_its_sum_in_the_readme(string folder)
    {
        string readme = File.ReadAllText(Path.Combine(TestImages.Sources, "images", "README.md"));
        foreach (string name in TestImages.Names(folder))
        {
            string sum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TestImages.Get(name))));
            Assert.That(readme, Does.Match($@"\| `{Path.GetFileName(name)}\.iso` \|.*\| `{sum}` \|"), name);
        }
    }
}
