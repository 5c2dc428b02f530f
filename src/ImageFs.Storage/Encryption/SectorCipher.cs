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

    // In XTS each block's mask is the one before it times x, in the field of IEEE 1619 5.2. Eight are multiplied at once, by x^8.
    private void FillTweaks(ReadOnlySpan<byte> vectors, Span<byte> masks, Span<byte> chunk)
    {
        ReadOnlySpan<UInt128> firsts = MemoryMarshal.Cast<byte, UInt128>(vectors);
        for (int sector = 0; sector < firsts.Length; sector++)
        {
            Span<Vector256<ulong>> pairs = MemoryMarshal.Cast<byte, Vector256<ulong>>(masks.Slice(sector * SectorSize, SectorSize));
            Span<Vector256<ulong>> blocks = MemoryMarshal.Cast<byte, Vector256<ulong>>(chunk.Slice(sector * SectorSize, SectorSize));
            Vector128<ulong> first = Vector128.Create((ulong)(firsts[sector] & ulong.MaxValue), (ulong)(firsts[sector] >> 64));
            Vector256<ulong> one = Vector256.Create(first, Times(Vector256.Create(first, first), 1).GetLower());
            Vector256<ulong> two = Times(one, 2);
            Vector256<ulong> three = Times(one, 4);
            Vector256<ulong> four = Times(two, 4);
            for (; pairs.Length >= 4 && blocks.Length >= 4; pairs = pairs[4..], blocks = blocks[4..])
            {
                (pairs[0], pairs[1], pairs[2], pairs[3]) = (one, two, three, four);
                blocks[0] ^= one;
                blocks[1] ^= two;
                blocks[2] ^= three;
                blocks[3] ^= four;
                (one, two, three, four) = (Times(one, 8), Times(two, 8), Times(three, 8), Times(four, 8));
            }
        }
    }

    // Two elements, each times a power of x, up to the 8th. What is shifted out of an upper half comes back in the lower one, times x^7 + x^2 + x + 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Times(Vector256<ulong> values, int power)
    {
        Vector256<ulong> shiftedOut = Vector256.Shuffle(values >>> (64 - power), Vector256.Create(1UL, 0, 3, 2));
        Vector256<ulong> folded = (shiftedOut << 1) ^ (shiftedOut << 2) ^ (shiftedOut << 7);
        return (values << power) ^ shiftedOut ^ (folded & Vector256.Create(ulong.MaxValue, 0, ulong.MaxValue, 0));
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
