using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>The README.md of images/, and those of its folders, say what the images are.</summary>
internal sealed class ImageSumTests
{
    [TestCase("", "")]
    [TestCase("invalid", "")]
    [TestCase("ext", "ext")]
    [TestCase("fat", "fat")]
    [TestCase("exfat", "exfat")]
    [TestCase("udf", "udf")]
    [TestCase("xfs", "xfs")]
    [TestCase("btrfs", "btrfs")]
    public void Every_image_has_its_sum_in_the_readme(string folder, string readmeFolder)
    {
        string readme = File.ReadAllText(Path.Combine(TestImages.Sources, "images", readmeFolder, "README.md"));
        foreach (string name in TestImages.Names(folder))
        {
            string sum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TestImages.Get(name))));
            string file = Path.GetFileName(TestImages.Get(name));
            Assert.That(readme, Does.Match($@"\| `{Regex.Escape(file)}` \|.*\| `{sum}` \|"), name);
        }
    }
}
