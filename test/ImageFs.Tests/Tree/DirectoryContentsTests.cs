using System.Text;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>A directory as the reading commands see it.</summary>
internal sealed class DirectoryContentsTests
{
    [Test]
    public void A_name_is_there_once_and_that_it_was_there_twice_is_told()
    {
        var image = new FatImage(16, 5000);
        image.Add(0, FatImage.Entry("DUP", size: 1), FatImage.Entry("ONE"), FatImage.Entry("DUP", size: 2), FatImage.Entry("TWO"), FatImage.Entry("TWO"));
        FileSystem fs = image.Open();
        var contents = DirectoryContents.Read(fs, fs.Root);
        Assert.That(contents.Entries.Select(entry => Encoding.UTF8.GetString(entry.Name)), Is.EqualTo((string[])["DUP", "ONE", "TWO"]));
        Assert.That(fs.GetAttributes(contents.Entries[0].Node).Size, Is.EqualTo(1));
        Assert.That(contents.ThrowIfDamaged, Throws.Nothing);
        Assert.That(contents.ThrowIfIncomplete, Throws.TypeOf<InvalidImageException>().With.Message.Contains("'DUP', and 1 more"));
    }
}
