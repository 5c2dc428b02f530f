using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Storage.Decoding;

namespace ImageFs.Fuzz.Targets;

/// <summary>The codecs: the name of a seed says which one it is of. What is decoded hangs on the encoded bytes alone, and not on what lay in memory.</summary>
/// <param name="seeds">Blocks of each, by the codec's name.</param>
internal sealed class CodecTarget(IReadOnlyList<Seed> seeds) : FuzzTarget("codecs", seeds)
{
    /// <summary>Bytes of the block that all seeds hold.</summary>
    public const int BlockLength = 12_000;

    private readonly byte[] _encoded = new byte[64 << 10];
    private readonly byte[] _first = new byte[BlockLength];
    private readonly byte[] _second = new byte[BlockLength];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        Codec codec = Codecs.All.First(codec => codec.Name == seed.Name);
        int length = (int)device.Length;
        device.ReadAt(0, _encoded.AsSpan(0, length));
        ReadOnlyMemory<byte> encoded = _encoded.AsMemory(0, length);
        use.Outcome.Try(() =>
        {
            _first.AsSpan().Clear();
            _second.AsSpan().Fill(0xA5);
            bool isDecoded = codec.TryDecode(encoded, _first, out int bytes);
            bool isAgain = codec.TryDecode(encoded, _second, out int bytesAgain);
            OracleException.Check(isDecoded == isAgain && (!isDecoded || bytes == bytesAgain), "a block is decoded at one time and not at another");
            if (isDecoded)
            {
                use.Outcome.NoteOpened();
                OracleException.Check(bytes >= 0 && bytes <= BlockLength, $"{bytes} bytes were decoded into {BlockLength}");
                OracleException.Check(_first.AsSpan(0, bytes).SequenceEqual(_second.AsSpan(0, bytes)), "a block has bytes in it that were not decoded");
                use.Outcome.NoteRead();
            }
        });
    }
}
