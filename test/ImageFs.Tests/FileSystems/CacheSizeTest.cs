using ImageFs.FileSystems;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems;

public sealed class CacheSizeTest
{
    private const int MiB = 1024 * 1024;

    [TestCase(null, 8 * MiB)]
    [TestCase("cache-size=65536", 65536)]
    [TestCase("cache-size=64K", 65536)]
    [TestCase("cache-size=16M", 16 * MiB)]
    [TestCase("cache-size=1GiB", 1024 * MiB)]
    public void Blocks_and_directories_together_are_what_was_given(string? options, int bytes)
    {
        var size = CacheSize.Take(OptionList.Parse(options));
        Assert.That(size.Blocks + size.Directories, Is.EqualTo(bytes));
        Assert.That(size.Blocks, Is.EqualTo(bytes / 8));
    }

    [TestCase("cache-size=65535")]
    [TestCase("cache-size=1025M")]
    [TestCase("cache-size=much")]
    [TestCase("cache-size")]
    public void Other_values_are_refused(string options) =>
        Assert.That(() => CacheSize.Take(OptionList.Parse(options)), Throws.TypeOf<OptionException>());

    [Test]
    public void Several_file_systems_share_it()
    {
        var options = OptionList.Parse("cache-size=16M");
        CacheSize.Divide(options, 4);
        var size = CacheSize.Take(options);
        Assert.That(size.Blocks + size.Directories, Is.EqualTo(4 * MiB));
        Assert.That(options.Names, Is.Empty);
    }

    [Test]
    public void An_index_of_a_hundred_thousand_names_fits_unless_a_size_is_given() =>
        Assert.That(default(CacheSize).Directories, Is.GreaterThan(100_000 * 2 * sizeof(ulong)));
}
