using System.IO.Compression;
using System.Text;
using ImageFs.Images;
using ImageFs.Images.Readers;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Images.Readers;

/// <summary>An image that another process reads shows what it shows here; and what such a process answers is believed no further than it can be checked.</summary>
public sealed class ImageReaderTests
{
    private const int Rounds = 300;

    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("imagefs-readers").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [TestCaseSource(nameof(Images))]
    public void An_image_shows_what_it_shows_here(string image)
    {
        string path = Unpack(image);
        using var pair = new ReaderPair();
        using var stack = ImageStack.Open(path);
        using FileDevice device = FileDevice.Open(path);
        FileSystem? here = Try(stack.OpenFileSystem, out string problem);
        FileSystem? there = Try(() => pair.Readers.Open(device, path, static _ => { }), out string problemThere);
        Assert.That(problemThere, Is.EqualTo(problem));
        if (here is not null)
        {
            Assert.That(Describe(there!), Is.EqualTo(Describe(here)));
        }
    }

    // Bytes of a plain file are not asked for: they are where they are said to be.
    [Test]
    public void Bytes_that_lie_in_the_image_are_read_from_the_image()
    {
        string path = Unpack("rockridge.iso");
        using var pair = new ReaderPair();
        using FileDevice device = FileDevice.Open(path);
        FileSystem fileSystem = pair.Readers.Open(device, path, static _ => { });
        Assert.That(fileSystem.TryLookup(fileSystem.Root, "size-100000"u8, out NodeId node), Is.True);
        BlockSource file = fileSystem.OpenFile(node);
        LocatedExtent extent = file.Locate(0, file.Length);
        Assert.That(extent.File, Is.Not.Null);
        Assert.That(extent.File!.Identity, Is.EqualTo(device.Identity));
        Assert.That(extent.Length, Is.EqualTo(100_000));
    }

    [Test]
    public void A_reader_that_has_ended_is_an_error_and_the_next_image_has_another()
    {
        string path = Unpack("rockridge.iso");
        using var pair = new ReaderPair();
        using FileDevice device = FileDevice.Open(path);
        ReaderFileSystem first = pair.Readers.Open(device, path, static _ => { });
        pair.End();
        ReaderException error = Assert.Throws<ReaderException>(() => first.TryLookup(first.Root, "size-100000"u8, out _))!;
        Assert.That(error.Errno, Is.EqualTo(Errno.EIO));
        Assert.That(first.IsGone, Is.True);
        ReaderFileSystem second = pair.Readers.Open(device, path, static _ => { });
        Assert.That(second.TryLookup(second.Root, "size-100000"u8, out _), Is.True);
        Assert.That(pair.Started, Is.EqualTo(2));
    }

    [Test]
    public void A_file_that_is_no_image_is_none()
    {
        using var pair = new ReaderPair();
        string other = Path.Combine(_folder, "other");
        File.WriteAllText(other, "no image");
        Assert.That(pair.Readers.IsImage(other, Assert.Fail), Is.False);
        Assert.That(pair.Readers.IsImage(Unpack("rockridge.iso"), Assert.Fail), Is.True);
    }

    // What has the parser may send anything. Nothing of it is worse than an error.
    [TestCase("rockridge.iso")]
    [TestCase("ext/inline.img")]
    [TestCase("zisofs1.iso")]
    public void Answers_are_not_believed(string image)
    {
        string path = Unpack(image);
        using FileDevice device = FileDevice.Open(path);
        int garbled = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            using var pair = new ReaderPair(answer =>
            {
                lock (random)
                {
                    if (answer.Length > 0 && random.Next(8) == 0)
                    {
                        garbled++;
                        Garble(answer, random);
                    }
                }

                return answer;
            });
            try
            {
                FileSystem fileSystem = pair.Readers.Open(device, path, static _ => { });
                MutantWalk.Run(fileSystem, new MutantTally(), depth: 2, mostNames: 10);
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                // As it should be.
            }
        }

        Assert.That(garbled, Is.GreaterThan(Rounds));
    }

    [Test]
    public void An_extent_outside_of_its_file_is_refused()
    {
        string path = Unpack("rockridge.iso");
        using FileDevice device = FileDevice.Open(path);

        // The last field of an answer with extents is an address.
        using var pair = new ReaderPair(answer => [.. answer[..^1], 0x7F]);
        FileSystem fileSystem = pair.Readers.Open(device, path, static _ => { });
        Assert.Throws<ReaderException>(() => fileSystem.OpenFile(new NodeId(1)));
    }

    [Test]
    public void What_a_reader_has_to_say_has_an_end()
    {
        string path = Unpack("rockridge.iso");
        using FileDevice device = FileDevice.Open(path);
        var lines = new Message();
        lines.Write((ushort)700);
        for (int i = 0; i < 700; i++)
        {
            lines.WriteText("a line");
        }

        byte[] said = lines.Fields.ToArray();
        using var pair = new ReaderPair(answer => [.. said, .. answer[sizeof(ushort)..]]);
        var told = new List<string>();
        FileSystem fileSystem = pair.Readers.Open(device, path, told.Add);
        for (int i = 0; i < 5; i++)
        {
            Assert.That(fileSystem.GetAttributes(fileSystem.Root).Type, Is.EqualTo(NodeType.Directory));
        }

        Assert.That(told, Has.Count.EqualTo(1000));
        Assert.That(told[^1], Does.EndWith("is not told"));
    }

    private static void Garble(byte[] answer, Random random)
    {
        int place = random.Next(answer.Length);
        switch (random.Next(3))
        {
            case 0:
                answer[place] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                answer.AsSpan(place, Math.Min(8, answer.Length - place)).Fill(random.Next(2) == 0 ? (byte)0xFF : (byte)0);
                break;
            default:
                random.NextBytes(answer.AsSpan(place));
                break;
        }
    }

    private static IEnumerable<string> Images() => ((string[])["", "ext", "fat", "udf", "exfat", "ntfs", "xfs", "btrfs", "erofs", "volumes"])
        .SelectMany(folder => Directory.GetFiles(Path.Combine(ImagesFolder, folder), "*.gz").Select(path => Path.Combine(folder, Path.GetFileNameWithoutExtension(path))))
        .Order(StringComparer.Ordinal);

    private static string ImagesFolder => Path.Combine(SourceTree.Folder, "images");

    private string Unpack(string image)
    {
        string path = Path.Combine(_folder, Path.GetFileName(image));
        using FileStream packed = File.OpenRead(Path.Combine(ImagesFolder, image + ".gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using FileStream file = File.Create(path);
        unpacked.CopyTo(file);
        return path;
    }

    private static T? Try<T>(Func<T> open, out string problem)
        where T : class
    {
        problem = string.Empty;
        try
        {
            return open();
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
            problem = e.Message;
            return null;
        }
    }

    // All that a mount may ask, a line each.
    private static List<string> Describe(FileSystem fileSystem)
    {
        List<string> lines = [$"{fileSystem.Format} {fileSystem.HasBirthTimes} {fileSystem.HasExtendedAttributes} {fileSystem.Statistics.BlockSize}"];
        Describe(fileSystem, fileSystem.Root, "/", 5, lines);
        return lines;
    }

    private static void Describe(FileSystem fileSystem, NodeId node, string path, int depth, List<string> lines)
    {
        string attributes = Tell(() => fileSystem.GetAttributes(node).ToString());
        lines.Add($"{path} {attributes}");
        lines.Add($"{path} {Tell(() => fileSystem.RootOf(node).ToString())}");
        lines.Add($"{path} {Tell(() => string.Join(' ', fileSystem.ListExtendedAttributes(node).Select(name => $"{Text(name)}={Text(fileSystem.GetExtendedAttribute(node, name) ?? [])}")))}");
        lines.Add($"{path} {Tell(() => Text(fileSystem.ReadLink(node)))}");
        lines.Add($"{path} {Tell(() => Contents(fileSystem.OpenFile(node)))}");
        var list = new Listing(fileSystem);
        lines.Add($"{path} {Tell(() =>
        {
            fileSystem.ReadDirectory(node, 0, list);
            return string.Join('\n', list.Lines);
        })}");
        foreach ((byte[] name, NodeId child) in list.Entries)
        {
            lines.Add($"{path} {Tell(() => $"{fileSystem.TryLookup(node, name, out NodeId found)} {found}")}");
            if (depth > 0 && Text(name) is not ("." or "..") and var text)
            {
                Describe(fileSystem, child, $"{path}{text}/", depth - 1, lines);
            }
        }
    }

    private static string Contents(BlockSource file)
    {
        // A little more than what lies in one piece, from the start and from the middle on.
        var text = new StringBuilder($"{file.Length}");
        foreach (long offset in (long[])[0, file.Length / 2, Math.Max(0, file.Length - 5000)])
        {
            byte[] bytes = new byte[Math.Min(300_000, file.Length - offset)];
            file.ReadAt(offset, bytes);
            text.Append(' ').Append(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)));
        }

        return text.ToString();
    }

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static string Tell(Func<string> ask)
    {
        try
        {
            return ask();
        }
        catch (ImageException e)
        {
            return $"{e.Errno} {e.Message}";
        }
        catch (LinuxException e)
        {
            return $"{e.Errno} {e.Message}";
        }
    }

    private sealed class Listing(FileSystem fileSystem) : IDirectorySink
    {
        public List<string> Lines { get; } = [];

        public List<(byte[] Name, NodeId Node)> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            NodeAttributes? attributes = null;
            string problem = string.Empty;
            bool isNamed = entry.Name is not ([(byte)'.'] or [(byte)'.', (byte)'.']);
            try
            {
                attributes = isNamed ? fileSystem.GetAttributes(in entry) : null;
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                problem = e.Message;
            }

            Lines.Add($"{Text(entry.Name.ToArray())} {entry.Node} {entry.Type} {entry.Inode} {entry.NextPosition} {attributes} {problem}");
            Entries.Add((entry.Name.ToArray(), entry.Node));
            return true;
        }
    }
}
