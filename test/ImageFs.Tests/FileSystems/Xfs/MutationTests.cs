using System.Buffers.Binary;
using System.Diagnostics;
using ImageFs.FileSystems.Xfs;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Xfs;

/// <summary>
/// Bytes of metadata changed at random, with right checksums: every answer is an answer or an error of the image, and comes soon, and so is what
/// <c>verify</c> says.
/// </summary>
internal sealed class MutationTests
{
    private const int Rounds = 60;
    private const int Sector = 512;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    // By the signature at the start, or of two bytes at 8: where the checksum is, and whether the length is a sector, an inode or a block.
    private static readonly Dictionary<uint, (int SumAt, int Length)> s_kinds = new()
    {
        [0x58465342] = (224, Sector),
        [0x58414746] = (216, Sector),
        [0x58414749] = (312, Sector),
        [0x5841464C] = (32, Sector),
        [0x424D4133] = (64, 0),
        [0x58444433] = (4, 0),
        [0x58444233] = (4, 0),
        [0x58444633] = (4, 0),
        [0x5841524D] = (12, 0),
        [0x58534C4D] = (12, 0),
        [0x41423342] = (52, 0),
        [0x41423343] = (52, 0),
        [0x49414233] = (52, 0),
        [0x46494233] = (52, 0),
        [0x524D4233] = (52, 0),
        [0x52334643] = (52, 0),
        [0x3DF1] = (12, 0),
        [0x3DFF] = (12, 0),
        [0x3EBE] = (12, 0),
        [0x3BEE] = (12, 0),
    };

    [TestCase("small", 1)]
    [TestCase("small", 2)]
    [TestCase("block1k", 3)]
    [TestCase("v4", 4)]
    public void A_changed_image_gives_errors_of_the_image_only(string name, int seed)
    {
        byte[] image = XfsImages.Read(name);
        Piece[] pieces = name == "v4" ? SectorsOf(image) : PiecesOf(image);
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            var kept = new Stack<(Piece Piece, byte[] Bytes)>();
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                Piece piece = pieces[random.Next(random.Next(3) == 0 ? Math.Min(pieces.Length, 60) : pieces.Length)];
                Span<byte> bytes = image.AsSpan(piece.At, piece.Length);
                kept.Push((piece, bytes.ToArray()));
                bytes[random.Next(random.Next(2) == 0 ? Math.Min(192, bytes.Length) : bytes.Length)] = (byte)random.Next(256);
                if (piece.SumAt >= 0)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes[piece.SumAt..], ~Crc32C.AppendWithout(Crc32C.Initial, bytes, piece.SumAt, sizeof(uint)));
                }
            }

            var clock = Stopwatch.StartNew();
            tally.Next();
            Assert.That(() => Use(image, tally), Throws.Nothing, $"round {round}");
            Assert.That(clock.Elapsed, Is.LessThan(s_limit), $"round {round}");
            while (kept.TryPop(out (Piece Piece, byte[] Bytes) old))
            {
                old.Bytes.CopyTo(image, old.Piece.At);
            }
        }

        tally.AssertShares(opened: 70, read: 70);
    }

    private static Piece[] SectorsOf(byte[] image) =>
    [
        .. Enumerable.Range(0, image.Length / Sector).Where(sector => image.AsSpan(sector * Sector, Sector).ContainsAnyExcept((byte)0))
            .Select(sector => new Piece(sector * Sector, Sector, -1)),
    ];

    private static Piece[] PiecesOf(byte[] image)
    {
        int blockSize = BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(4));
        int inodeSize = BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(104));
        int directorySize = blockSize << image[192];
        var pieces = new List<Piece>();
        for (int at = 0; at < image.Length; at += Sector)
        {
            ReadOnlySpan<byte> bytes = image.AsSpan(at, Sector);
            bool isInode = BinaryPrimitives.ReadUInt16BigEndian(bytes) == 0x494E && bytes[4] == 3;
            if (isInode)
            {
                pieces.Add(new Piece(at, inodeSize, 100));
            }
            else if (s_kinds.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(bytes), out (int SumAt, int Length) kind)
                || s_kinds.TryGetValue(BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]), out kind))
            {
                bool isDirectory = kind.SumAt == 4 || bytes[8] == 0x3D;
                pieces.Add(new Piece(at, kind.Length > 0 ? kind.Length : isDirectory ? directorySize : blockSize, kind.SumAt));
            }
        }

        // Only what is what it seems to be.
        return
        [
            .. pieces.Where(piece => piece.At + piece.Length <= image.Length && BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(piece.At + piece.SumAt))
                == ~Crc32C.AppendWithout(Crc32C.Initial, image.AsSpan(piece.At, piece.Length), piece.SumAt, sizeof(uint))),
        ];
    }

    private static void Use(byte[] image, MutantTally tally)
    {
        if (!new XfsFormat().Probe(new MemorySource(image)))
        {
            return;
        }

        MutantWalk.Try(() =>
        {
            FileSystem fileSystem = XfsImages.Open(image);
            tally.NoteOpened();
            MutantWalk.Run(fileSystem, tally, mostNames: 70);
            foreach (Check check in fileSystem.Checks.Structures)
            {
                var run = new CheckRun(_ => { }, _ => { });
                MutantWalk.Try(() => check.Run?.Invoke(run));
            }
        });
    }

    private readonly record struct Piece(int At, int Length, int SumAt);
}
