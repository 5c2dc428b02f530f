using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageFs.FileSystems.Xfs;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Xfs.Log;

/// <summary>The log of a file system that Linux was stopped in, changed at random.</summary>
internal sealed class LogMutationTests
{
    private const int BlockSize = LogBytes.BlockSize;
    private const int ChecksumAt = 32;
    private const int HeaderSize = 328;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly byte[] _image = XfsImages.Read("dirty");
    private readonly int _start;
    private readonly int _length;
    private readonly List<(int At, int Blocks)> _records = [];

    public LogMutationTests()
    {
        var superBlock = new SuperBlock(_image.AsSpan(0, 512));
        var geometry = new Geometry(superBlock, 0);
        _start = (int)geometry.AddressOf(geometry.LogStart);
        _length = (int)geometry.LogBlocks * geometry.BlockSize;
        var ring = new LogRing(new MemorySource(_image), _start, _length / BlockSize);
        var ends = new LogEnds(ring, hasChecksums: true, superBlock.Uuid.ToArray());
        ends.Find();
        for (long block = ends.Tail; block != ends.Head;)
        {
            int at = _start + ((int)block * BlockSize);
            int blocks = (int)new RecordHeader(_image.AsSpan(at, BlockSize)).Blocks;
            _records.Add((at, blocks));
            block = ring.After(block, blocks);
        }
    }

    // Each record has a checksum: what is changed is an error, or, near the end of the log, what was being written when the machine stopped; then the
    // tree is as it would be if that had never been written.
    [Test]
    public void Changed_bytes_are_an_error_or_the_end_of_the_log()
    {
        string[] good = [.. Enumerable.Range(0, _records.Count + 1).Select(count => Sum(Cut(count)))];
        Assert.That(good.Distinct().Count(), Is.GreaterThan(3), "most records change the tree");
        var random = new Random(18);
        var tally = new MutantTally();
        int errors = 0;
        for (int round = 0; round < 150; round++)
        {
            byte[] image = [.. _image];
            (int at, int blocks) = _records[random.Next(_records.Count)];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                // A header, the first word of a block, or any other byte.
                int place = random.Next(3) switch
                {
                    0 => random.Next(HeaderSize),
                    1 => (random.Next(blocks) * BlockSize) + random.Next(4),
                    _ => random.Next(blocks * BlockSize),
                };
                image[at + place] ^= (byte)(1 << random.Next(8));
            }

            var clock = Stopwatch.StartNew();
            tally.Next();
            try
            {
                string sum = Sum(image);
                tally.NoteOpened();
                Assert.That(good, Has.Member(sum), $"round {round}");
            }
            catch (ImageException)
            {
                errors++;
            }

            Assert.That(clock.Elapsed, Is.LessThan(s_limit), $"round {round}");
        }

        Assert.That(errors, Is.GreaterThan(10));
        tally.AssertShares(opened: 10, read: 0);
    }

    [Test]
    public void Changed_bytes_with_right_checksums_give_errors_of_the_image_only([Range(1, 2)] int seed)
    {
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < 60; round++)
        {
            byte[] image = [.. _image];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                (int at, int blocks) = _records[random.Next(_records.Count)];
                image[at + BlockSize + random.Next((blocks - 1) * BlockSize)] = (byte)random.Next(256);
                Seal(image.AsSpan(at, blocks * BlockSize));
            }

            var clock = Stopwatch.StartNew();
            tally.Next();
            MutantWalk.Try(() =>
            {
                FileSystem fileSystem = XfsImages.Open(image);
                tally.NoteOpened();
                MutantWalk.Run(fileSystem, tally);
            });
            Assert.That(clock.Elapsed, Is.LessThan(s_limit), $"round {round}");
        }

        tally.AssertShares(opened: 20, read: 20);
    }

    // The log as if only so many of its records had been written: behind them is what was there before, zeros.
    private byte[] Cut(int count)
    {
        byte[] image = [.. _image];
        int end = count < _records.Count ? _records[count].At : _records[^1].At + (_records[^1].Blocks * BlockSize);
        image.AsSpan(end, _start + _length - end).Clear();
        return image;
    }

    private static void Seal(Span<byte> record)
    {
        var header = new RecordHeader(record);
        uint crc = Crc32C.AppendWithout(Crc32C.Initial, record[..HeaderSize], ChecksumAt, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumAt..], ~Crc32C.Append(crc, record.Slice(header.HeaderBlocks * BlockSize, (int)header.Length)));
    }

    // All names, attributes and contents.
    private static string Sum(byte[] image)
    {
        FileSystem fileSystem = XfsImages.Open(image);
        var text = new StringBuilder();
        Describe(fileSystem, fileSystem.Root, "/", text);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Describe(FileSystem fileSystem, NodeId node, string path, StringBuilder text)
    {
        NodeAttributes attributes = fileSystem.GetAttributes(node);
        text.Append(CultureInfo.InvariantCulture, $"{path} {attributes.Type} {attributes.Size} {attributes.LinkCount} {attributes.ModifyTime} {attributes.ChangeTime} {attributes.Blocks}");
        foreach (byte[] name in fileSystem.ListExtendedAttributes(node))
        {
            text.Append(' ').Append(Convert.ToHexString(name)).Append('=').Append(Convert.ToHexString(fileSystem.GetExtendedAttribute(node, name)!));
        }

        switch (attributes.Type)
        {
            case NodeType.Regular:
                byte[] bytes = new byte[attributes.Size];
                fileSystem.OpenFile(node).ReadAt(0, bytes);
                text.Append(' ').Append(Convert.ToHexString(SHA256.HashData(bytes)));
                break;
            case NodeType.SymbolicLink:
                text.Append(' ').Append(Convert.ToHexString(fileSystem.ReadLink(node)));
                break;
            case NodeType.Directory:
                var sink = new Names();
                fileSystem.ReadDirectory(node, 0, sink);
                foreach ((string name, NodeId child) in sink.Entries.Where(entry => entry.Name is not ("." or "..")))
                {
                    Describe(fileSystem, child, $"{path}{name}/", text.AppendLine());
                }

                break;
            default:
                break;
        }
    }

    private sealed class Names : IDirectorySink
    {
        public List<(string Name, NodeId Node)> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Entries.Add((Encoding.UTF8.GetString(entry.Name), entry.Node));
            return true;
        }
    }
}
