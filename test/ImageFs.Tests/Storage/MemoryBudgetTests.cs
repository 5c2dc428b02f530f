using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class MemoryBudgetTests
{
    private const int MiB = 1024 * 1024;

    [TestCase(null, 16 * MiB)]
    [TestCase("cache-size=65536", 65536)]
    [TestCase("cache-size=64K", 65536)]
    [TestCase("cache-size=16M", 16 * MiB)]
    [TestCase("cache-size=1GiB", 1024 * MiB)]
    public void Blocks_and_directories_together_are_what_was_given(string? options, int bytes)
    {
        MemoryBudget memory = OpenContext.Of(options).Memory;
        Assert.That(memory.Bytes, Is.EqualTo(bytes));
        Assert.That(memory.Blocks.MaxBytes + memory.Decoded.MaxBytes + memory.Indexes.MaxBytes, Is.EqualTo(bytes));
        Assert.That(memory.Blocks.MaxBytes, Is.EqualTo(Math.Max(bytes / 16, 8192)));
    }

    [TestCase("cache-size=65535")]
    [TestCase("cache-size=1025M")]
    [TestCase("cache-size=much")]
    [TestCase("cache-size")]
    public void Other_values_are_refused(string options) =>
        Assert.That(() => OpenContext.Of(options), Throws.TypeOf<OptionException>());

    [Test]
    public void It_is_taken_once_and_shared_by_all_layers()
    {
        var context = OpenContext.Of("cache-size=16M,ro");
        Assert.That(context.Options.Names, Is.EqualTo(new[] { "ro" }));
        Assert.That(context.WithoutOptions().Memory, Is.SameAs(context.Memory));
        Assert.That(context.WithCopiedOptions().Memory, Is.SameAs(context.Memory));
        Assert.That(context.Memory.ForImage().Blocks, Is.SameAs(context.Memory.Blocks));
    }

    [Test]
    public void An_index_of_a_hundred_thousand_names_fits_unless_a_size_is_given() =>
        Assert.That(new MemoryBudget().Indexes.MaxBytes, Is.GreaterThan(100_000 * 2 * sizeof(ulong)));
}
