using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ImageFs.Linux;

namespace ImageFs.Storage.Encryption;

/// <summary>
/// Decrypts sectors of a volume, as dm-crypt encrypts them. libcrypto turns the blocks, many sectors at once; what chains them is a mask for
/// each block, which is computed here. So a call costs little even for sectors of 512 bytes, and a cipher needs no mode of libcrypto's.
/// </summary>
internal sealed class SectorCipher
{
    /// <summary>What dm-crypt counts sectors in for their initial vectors, in bytes, whatever their own size.</summary>
    public const int UsualVectorUnit = 512;

    // As much as stays in the processor's nearest cache, together with its masks.
    private const int ChunkLength = 8192;
    private const int MaxBlockSize = 16;

    private readonly CipherMode _mode;
    private readonly BlockCipher _cipher;
    private readonly BlockCipher? _tweaks;
    private readonly InitialVectors _vectors;
    private readonly ElephantDiffuser? _diffuser;
    private readonly int _blockSize;

    /// <summary>Makes a cipher with a key.</summary>
    /// <param name="specification">How sectors are encrypted.</param>
    /// <param name="key">The key; libcrypto keeps what it makes of it.</param>
    /// <param name="sectorSize">Bytes of a sector: a power of two from 512 to 4096.</param>
    /// <param name="vectorUnit">What sectors are counted in for their initial vectors, in bytes: 512, or the size of a sector.</param>
    /// <exception cref="UnsupportedFeatureException">libcrypto has no such cipher, or not with a key of that length.</exception>
    public SectorCipher(CipherSpecification specification, ReadOnlySpan<byte> key, int sectorSize, int vectorUnit = UsualVectorUnit)
    {
        SectorSize = sectorSize;
        VectorUnit = vectorUnit;
        Codec = new SectorCodec(specification.ToString());
        _mode = specification.Mode;

        // XTS has two keys, one behind the other, and so has CBC with a diffuser.
        bool hasDiffuser = specification.Vector == CipherSpecification.Elephant;
        int length = _mode == CipherMode.Xts || hasDiffuser ? key.Length / 2 : key.Length;
        _cipher = specification.MakeCipher(key[..length], encrypts: false);
        _blockSize = _cipher.BlockSize;
        _tweaks = _mode == CipherMode.Xts ? specification.MakeCipher(key[length..], encrypts: true) : null;
        _diffuser = hasDiffuser ? new ElephantDiffuser(specification.MakeCipher(key[length..], encrypts: true)) : null;
        _vectors = new InitialVectors(specification, key[..(hasDiffuser ? length : key.Length)], _blockSize, vectorUnit);
        if (_blockSize > MaxBlockSize || (_mode == CipherMode.Xts && (_blockSize != MaxBlockSize || key.Length % 2 != 0)))
        {
            throw new UnsupportedFeatureException($"the cipher {specification} with blocks of {_blockSize} bytes and a key of {8 * key.Length} bits");
        }
    }

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize { get; }

    /// <summary>What sectors are counted in, in bytes.</summary>
    public int VectorUnit { get; }

    /// <summary>What names it in descriptions of where bytes lie.</summary>
    public Decoding.Codec Codec { get; }

    /// <summary>Decrypts sectors that follow each other, where they are.</summary>
    /// <param name="number">The first one's number, in units of <see cref="VectorUnit"/>.</param>
    /// <param name="sectors">Whole sectors.</param>
    public void Decrypt(ulong number, Span<byte> sectors)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sectors.Length % SectorSize, 0);
        Span<byte> allVectors = stackalloc byte[ChunkLength / UsualVectorUnit * MaxBlockSize];
        Span<byte> allMasks = stackalloc byte[ChunkLength];
        uint step = (uint)(SectorSize / VectorUnit);
        while (sectors.Length > 0)
        {
            Span<byte> chunk = sectors[..Math.Min(ChunkLength, sectors.Length)];
            Span<byte> masks = allMasks[..chunk.Length];
            Span<byte> vectors = allVectors[..(chunk.Length / SectorSize * _blockSize)];
            _vectors.Fill(number, step, vectors);
            switch (_mode)
            {
                case CipherMode.Xts:
                    _tweaks!.Transform(vectors);
                    FillTweaks(vectors, masks, chunk);
                    _cipher.Transform(chunk);
                    Mask(chunk, masks);
                    break;
                case CipherMode.Cbc:
                    FillPrevious(vectors, chunk, masks);
                    _cipher.Transform(chunk);
                    Mask(chunk, masks);
                    break;
                default:
                    _cipher.Transform(chunk);
                    break;
            }

            for (int at = 0; _diffuser is not null && at < chunk.Length; at += SectorSize)
            {
                _diffuser.Remove(unchecked((number * (uint)VectorUnit) + (uint)at), chunk.Slice(at, SectorSize));
            }

            sectors = sectors[chunk.Length..];
            number = unchecked(number + (step * (uint)(chunk.Length / SectorSize)));
        }
    }

    // In CBC a block is masked with the encrypted one before it, the first of a sector with its vector.
    private void FillPrevious(ReadOnlySpan<byte> vectors, ReadOnlySpan<byte> chunk, Span<byte> masks)
    {
        chunk[..^_blockSize].CopyTo(masks[_blockSize..]);
        for (int sector = 0; sector * SectorSize < chunk.Length; sector++)
        {
            vectors.Slice(sector * _blockSize, _blockSize).CopyTo(masks[(sector * SectorSize)..]);
        }
    }

    // In XTS each block's mask is the one before it times x, in the field of IEEE 1619 5.2. Four are multiplied at once, by x^4: what is
    // compiled ahead of time does not know of wider registers than theirs.
    private void FillTweaks(ReadOnlySpan<byte> vectors, Span<byte> masks, Span<byte> chunk)
    {
        ReadOnlySpan<Vector128<ulong>> firsts = MemoryMarshal.Cast<byte, Vector128<ulong>>(vectors);
        for (int sector = 0; sector < firsts.Length; sector++)
        {
            Span<Vector128<ulong>> tweaks = MemoryMarshal.Cast<byte, Vector128<ulong>>(masks.Slice(sector * SectorSize, SectorSize));
            Span<Vector128<ulong>> blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(chunk.Slice(sector * SectorSize, SectorSize));
            Vector128<ulong> one = firsts[sector];
            Vector128<ulong> two = Times(one, 1);
            Vector128<ulong> three = Times(one, 2);
            Vector128<ulong> four = Times(one, 3);
            for (int i = 0; i + 3 < tweaks.Length && i + 3 < blocks.Length; i += 4)
            {
                (tweaks[i], tweaks[i + 1], tweaks[i + 2], tweaks[i + 3]) = (one, two, three, four);
                blocks[i] ^= one;
                blocks[i + 1] ^= two;
                blocks[i + 2] ^= three;
                blocks[i + 3] ^= four;
                (one, two, three, four) = (Times(one, 4), Times(two, 4), Times(three, 4), Times(four, 4));
            }
        }
    }

    // An element times a power of x. What is shifted out of its upper half comes back in the lower one, times x^7 + x^2 + x + 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Times(Vector128<ulong> value, int power)
    {
        Vector128<ulong> shiftedOut = Vector128.Shuffle(value >>> (64 - power), Vector128.Create(1UL, 0));
        Vector128<ulong> folded = (shiftedOut << 1) ^ (shiftedOut << 2) ^ (shiftedOut << 7);
        return (value << power) ^ shiftedOut ^ (folded & Vector128.Create(ulong.MaxValue, 0));
    }

    private static void Mask(Span<byte> bytes, ReadOnlySpan<byte> masks)
    {
        Span<Vector<byte>> targets = MemoryMarshal.Cast<byte, Vector<byte>>(bytes);
        ReadOnlySpan<Vector<byte>> sources = MemoryMarshal.Cast<byte, Vector<byte>>(masks);
        for (int i = 0; i < targets.Length && i < sources.Length; i++)
        {
            targets[i] ^= sources[i];
        }
    }

    /// <summary>The name of a cipher; sectors are decrypted by their numbers, which a codec is not told.</summary>
    private sealed class SectorCodec(string name) : Decoding.Codec
    {
        public override string Name => name;

        public override bool KeepsPlaces => true;

        protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination) => -1;
    }
}
