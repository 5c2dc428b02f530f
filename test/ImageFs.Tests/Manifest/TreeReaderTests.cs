using ImageFs.FileSystems.Erofs;
using ImageFs.Linux;
using ImageFs.Manifest;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Manifest;

/// <summary>Several threads read a tree, and what comes of it is as if one had.</summary>
public sealed class TreeReaderTests
{
    private const int Directories = 40;
    private const int Files = 700;
    private const int Tries = 20;

    [Test]
    public void Large_directories_have_all_their_names_in_order()
    {
        byte[] manifest = Write(new WideTree(Directories, Files));
        FileSystem read = new ErofsFormat().Open(new MemorySource(manifest), OpenContext.Of(null));
        IReadOnlyList<NamedNode> directories = DirectoryContents.Read(read, read.Root).Entries;
        Assert.That(directories, Has.Count.EqualTo(Directories));
        foreach (NamedNode directory in directories)
        {
            IReadOnlyList<NamedNode> entries = DirectoryContents.Read(read, directory.Node).Entries;
            int number = int.Parse(ByteText.FromBytes(directory.Name));
            Assert.That(
                entries.Select(entry => $"{ByteText.FromBytes(entry.Name)} {ByteText.FromBytes(read.ReadLink(entry.Node))}").Order(StringComparer.Ordinal),
                Is.EqualTo(Enumerable.Range(0, Files).Select(file => $"{file} {2 + Directories + (number * Files) + file}").Order(StringComparer.Ordinal)));
        }
    }

    [Test]
    public void The_same_tree_gives_the_same_bytes_whoever_reads_first()
    {
        byte[] first = Write(new WideTree(Directories, Files));
        for (int i = 0; i < Tries; i++)
        {
            Assert.That(Write(new WideTree(Directories, Files)).AsSpan().SequenceEqual(first));
        }
    }

    [Test]
    public void Of_several_errors_the_first_of_the_tree_is_told()
    {
        for (int i = 0; i < Tries; i++)
        {
            var tree = new WideTree(Directories, Files);
            tree.Damaged.UnionWith([tree.NumberOf(30, 0), tree.NumberOf(2, 699), tree.NumberOf(2, 300), tree.NumberOf(5, 1), tree.NumberOf(39, 699)]);

            // By its name: 10, 11 ... 18, 19, 2 come before 30.
            Assert.That(() => Write(tree), Throws.TypeOf<InvalidImageException>().With.Message.Contains($"inode {tree.NumberOf(2, 300)}"));
        }
    }

    [Test]
    public void Directories_that_go_round_are_read_once_and_refused()
    {
        var tree = new WideTree(Directories, Files) { GoesRound = true };
        Assert.That(() => Write(tree), Throws.TypeOf<NotRepresentableException>().With.Message.Contains("a directory has several names"));
        Assert.That(tree.Looks, Is.AtMost(1 + Directories + (Directories * (Files + 1))));
    }

    [Test]
    public void A_root_that_cannot_be_read_is_an_error()
    {
        var tree = new WideTree(1, 1);
        tree.Damaged.Add(tree.Root.Value);
        Assert.That(() => Write(tree), Throws.TypeOf<InvalidImageException>());
    }

    private static byte[] Write(FileSystem tree)
    {
        using var output = new MemoryStream();
        ManifestWriter.Write(tree, output, new ManifestOptions());
        return output.ToArray();
    }
}
