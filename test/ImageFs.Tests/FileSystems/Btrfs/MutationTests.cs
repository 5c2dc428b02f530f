using System.Diagnostics;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>
/// Bytes of whole images changed at random, among metadata with and without a right checksum after it: every answer is the right one or an error
/// of the image, and comes soon.
/// </summary>
public sealed class MutationTests
{
    private const int Rounds = 25;
    private const int Sector = 512;

    // What all answers about one mutant may allocate: many times what the sound image takes.
    private const long MostAllocated = 256 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);
    private static readonly Dictionary<string, byte[]> s_images = [];

    /// <summary>What is changed.</summary>
    public enum Change
    {
        /// <summary>Nodes, whose checksums are wrong then.</summary>
        Nodes,

        /// <summary>Nodes, with right checksums after it.</summary>
        SealedNodes,

        /// <summary>The headers of items and pointers, with right checksums after it.</summary>
        SealedHeaders,

        /// <summary>The super block, with a right checksum after it.</summary>
        SuperBlock,

        /// <summary>Anything that is not zeros: mostly data, plain and compressed.</summary>
        Anything,
    }

    [TestCase("small", Change.Nodes, 1, 50)]
    [TestCase("small", Change.SealedNodes, 2, 50)]
    [TestCase("small", Change.SealedHeaders, 3, 30)]
    [TestCase("small", Change.SuperBlock, 4, 28)]
    [TestCase("small", Change.Anything, 5, 90)]
    [TestCase("old", Change.SealedNodes, 6, 30)]
    [TestCase("old", Change.SealedHeaders, 7, 20)]
    [TestCase("xxhash", Change.SealedNodes, 8, 30)]
    [TestCase("sha256", Change.Nodes, 9, 20)]
    [TestCase("blake2", Change.Anything, 10, 30)]
    public void A_changed_image_gives_errors_of_the_image_only(string name, Change change, int seed, int share)
    {
        if (!s_images.TryGetValue(name, out byte[]? sound))
        {
            s_images[name] = sound = ImageEditor.Read(name);
        }

        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] image = Mutate(sound, change, random);
            var clock = Stopwatch.StartNew();
            long before = GC.GetAllocatedBytesForCurrentThread();
            tally.Next();
            Assert.That(() => Use(image, tally), Throws.Nothing, $"round {round}");
            Assert.That(clock.Elapsed, Is.LessThan(s_limit), $"round {round}");
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostAllocated), $"round {round}");
        }

        tally.AssertShares(opened: share, read: share);
    }

    private static byte[] Mutate(byte[] sound, Change change, Random random)
    {
        var editor = new ImageEditor(sound);
        int[] used = change == Change.Anything
            ? [.. Enumerable.Range(0, sound.Length / Sector).Where(sector => sound.AsSpan(sector * Sector, Sector).ContainsAnyExcept((byte)0))]
            : [];
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            int node = editor.Nodes[random.Next(editor.Nodes.Count)];
            switch (change)
            {
                case Change.Nodes:
                    editor.Node(node)[random.Next(editor.NodeSize)] = (byte)random.Next(256);
                    break;
                case Change.SealedNodes:
                    editor.Change(node, bytes => bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)));
                    break;
                case Change.SealedHeaders:
                    int end = TreeNode.HeaderSize + (new TreeNode(editor.Node(node)).Count * TreeNode.ItemSize);
                    editor.Change(node, bytes => bytes[random.Next(Checksum.Room + 16, Math.Min(end, bytes.Length))] = (byte)random.Next(256));
                    break;
                case Change.SuperBlock:
                    // Not among the zeros at its end.
                    editor.ChangeSuper(bytes => bytes[random.Next(Checksum.Room, 0x400)] ^= (byte)(1 << random.Next(8)));
                    break;
                default:
                    editor.Bytes[(used[random.Next(used.Length)] * Sector) + random.Next(Sector)] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return editor.Bytes;
    }

    private static void Use(byte[] image, MutantTally tally)
    {
        if (!new BtrfsFormat().Probe(new MemorySource(image)))
        {
            return;
        }

        MutantWalk.Try(() =>
        {
            FileSystem fileSystem = ImageEditor.Open(image);
            tally.NoteOpened();
            MutantWalk.Run(fileSystem, tally);
        });
    }
}
