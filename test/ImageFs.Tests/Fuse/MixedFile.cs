using System.IO.Compression;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Fuse;

/// <summary>A file of all kinds of pieces, over and over: decoded, in the image as they are, holes, decoded in part, its own.</summary>
internal sealed class MixedFile : PiecedSource
{
    private const int BlockLength = 70_000;
    private const int Start = 123;

    // Decoded, mapped, a hole, the end of a block, its own.
    private static readonly int[] s_lengths = [BlockLength, 5000, 3001, BlockLength - Start, 700];
    private static readonly int s_round = s_lengths.Sum();

    private readonly TestImage _image;
    private readonly MemorySource _stored;
    private readonly int[] _places;

    /// <param name="image">Where the mapped pieces lie.</param>
    /// <param name="cache">Keeps decoded blocks.</param>
    /// <param name="rounds">How often the pieces come.</param>
    public MixedFile(TestImage image, DecodedBlockCache cache, int rounds)
        : base(cache.ForOwner().ByAddress())
    {
        _image = image;
        Length = rounds * (long)s_round;
        _places = new int[rounds + 1];
        using var stored = new MemoryStream();
        using var contents = new MemoryStream();
        for (int i = 0; i < rounds; i++)
        {
            byte[] block = Block(i);
            using (var encoder = new ZLibStream(stored, CompressionLevel.Optimal, leaveOpen: true))
            {
                encoder.Write(block);
            }

            _places[i + 1] = (int)stored.Length;
            contents.Write(block);
            contents.Write(image.Bytes, i * 1000, s_lengths[1]);
            contents.Write(new byte[s_lengths[2]]);
            contents.Write(block, Start, s_lengths[3]);
            contents.Write([.. Enumerable.Repeat((byte)(i + 1), s_lengths[4])]);
        }

        _stored = new MemorySource(stored.ToArray());
        Contents = contents.ToArray();
    }

    /// <summary>What it holds.</summary>
    public byte[] Contents { get; }

    /// <summary>Decoded bytes of a round that are read of different blocks.</summary>
    public static int DecodedInRound => BlockLength;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        (int round, int within) = Math.DivRem((int)offset, s_round);
        int kind = 0;
        while (within >= s_lengths[kind])
        {
            within -= s_lengths[kind++];
        }

        int stored = _places[round + 1] - _places[round];
        return kind switch
        {
            0 => Piece.Encoded(_stored, _places[round], stored, Codecs.Zlib, within, BlockLength),
            1 => Piece.Mapped(_image.Device, (round * 1000) + within, s_lengths[kind] - within),
            2 => Piece.Hole(s_lengths[kind] - within),
            3 => Piece.Encoded(_stored, _places[round], stored, Codecs.Zlib, Start + within, BlockLength),
            _ => Piece.Own(s_lengths[kind] - within),
        };
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        if (Find(offset).Kind == ExtentKind.Own)
        {
            destination.Fill((byte)((offset / s_round) + 1));
        }
        else
        {
            base.ReadOwn(offset, destination);
        }
    }

    private static byte[] Block(int round) => [.. Enumerable.Range(0, BlockLength).Select(i => (byte)((((i / 7) ^ (i >> 9)) + round) & 0xFF))];
}
