using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Images;

/// <summary>What formats say of themselves is what the help, the documents and recognition have.</summary>
internal sealed class KnownFormatsTests
{
    private static readonly Lazy<string> s_documents = new(() => string.Join('\n', ((string[])["docs/formats.md", "docs/man/imagefs.1", "docs/man/mount-options.man", "README.md"]).Select(SourceTree.Read)));

    private static IEnumerable<Format> Read => KnownFormats.All.Where(format => format.IsRead);

    [Test]
    public void A_name_means_one_format()
    {
        foreach (IEnumerable<Format> formats in (IEnumerable<Format>[])[KnownFormats.FileSystems, KnownFormats.Containers])
        {
            Assert.That(formats.SelectMany(format => format.Aliases.Prepend(format.Name)), Is.Unique);
        }
    }

    [TestCaseSource(nameof(Read))]
    public void It_is_in_the_documents(Format format)
    {
        Assert.That(s_documents.Value, Does.Contain($"`{format.Name}`"), "docs/formats.md names it");
        foreach (string extension in format.FileExtensions)
        {
            Assert.That(SourceTree.Read("docs/formats.md"), Does.Contain($"`{extension}`"), "the list of names that --tree knows");
        }
    }

    [TestCaseSource(nameof(Read))]
    public void Its_options_are_in_the_help(Format format)
    {
        var told = MountOptionHelp.Groups.SelectMany(group => group.Rows).ToHashSet();
        foreach (FormatOption option in format.Options)
        {
            Assert.That(told, Does.Contain((option.Term, option.Meaning)));
            Assert.That(SourceTree.Read("docs/man/mount-options.man"), Does.Match($@"\b{option.Name}\b"));
        }
    }

    [Test]
    public void The_help_lists_the_file_systems_for_fs() =>
        Assert.That(MountOptionHelp.Groups[0].Rows.First().Term, Is.EqualTo("fs=" + string.Join('|', KnownFormats.FileSystems.Select(format => format.Name))));

    [TestCase("sample.iso", "iso9660")]
    [TestCase("udf/bdr250.img", "udf")]
    [TestCase("ext/ext4.img", "ext4")]
    [TestCase("exfat/filled.img", "exfat")]
    [TestCase("ntfs/tree.img", "ntfs")]
    public void A_mark_is_where_an_image_has_it(string image, string name)
    {
        var window = ProbeWindow.Over(new MemorySource(DiskImage.Read(image)));
        Format format = KnownFormats.FileSystems.Single(format => format.Name == name);
        Assert.That(format.Marks.Any(mark => mark.IsIn(window)));
    }

    [TestCase("sample.iso")]
    [TestCase("joliet.iso")]
    [TestCase("udf/bdr250.img")]
    [TestCase("udf/cdr150.img")]
    [TestCase("ext/ext2.img")]
    [TestCase("ext/ext4.img")]
    [TestCase("fat/fat12.img")]
    [TestCase("fat/fat32.img")]
    [TestCase("exfat/filled.img")]
    [TestCase("ntfs/small.img")]
    public void Label_and_uuid_are_those_of_the_opened_file_system(string image)
    {
        var source = new MemorySource(DiskImage.Read(image));
        var volume = Volume.Recognise(null, source);
        (string? type, string label, string uuid) = (volume.Type, volume.Label, volume.Uuid);
        ImageDescription said = volume.Describe()!;
        Assert.That((type, label, uuid), Is.EqualTo((said.Kind, said.Find("label") as string ?? string.Empty, said.Find("uuid") as string ?? string.Empty)));
    }
}
