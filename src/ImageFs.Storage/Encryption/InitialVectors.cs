using System.Buffers.Binary;
using ImageFs.Linux;

namespace ImageFs.Storage.Encryption;

/// <summary>What sectors' initial vectors are made of: mostly their numbers (Linux, drivers/md/dm-crypt.c).</summary>
internal sealed class InitialVectors
{
    private readonly string _kind;
    private readonly int _length;
    private readonly ulong _unit;
    private readonly BlockCipher? _cipher;

    /// <summary>Makes the vectors of a volume.</summary>
    /// <param name="specification">How sectors are encrypted.</param>
    /// <param name="key">The volume's key; "essiv" hashes it, "eboiv" and "elephant" encrypt with it.</param>
    /// <param name="length">Bytes of a vector: those of the cipher's block.</param>
    /// <param name="unit">What sectors are counted in, in bytes.</param>
    /// <exception cref="UnsupportedFeatureException">libcrypto has no such hash function, or no cipher with a key of that length.</exception>
    public InitialVectors(CipherSpecification specification, ReadOnlySpan<byte> key, int length, int unit)
    {
        _kind = specification.Vector;
        _length = length;
        _unit = (ulong)unit;
        if (_kind == "essiv")
        {
            HashFunction hash = CryptoHash.Find(specification.VectorHash);
            using var salt = new SecretMemory(hash.Size);
            hash.Compute(key, default, salt.Span);
            _cipher = specification.MakeCipher(salt.Span, encrypts: true);
        }
        else if (IsOfAddress(specification))
        {
            _cipher = specification.MakeCipher(key, encrypts: true);
        }
    }

    /// <summary>Whether vectors of that kind are read, and go with how blocks are chained.</summary>
    public static bool IsKnown(CipherSpecification specification) => specification switch
    {
        { Mode: CipherMode.Ecb } => true,
        { Vector: "essiv" } => specification.VectorHash.Length > 0,
        { VectorHash.Length: > 0 } => false,
        { Mode: CipherMode.Cbc } when IsOfAddress(specification) => true,
        _ => specification.Vector is "plain" or "plain64" or "plain64be" or "benbi" or "null",
    };

    // BitLocker's: the sector's address in bytes, encrypted.
    private static bool IsOfAddress(CipherSpecification specification) => specification.Vector is "eboiv" or CipherSpecification.Elephant;

    /// <summary>Fills in the vectors of sectors that follow each other.</summary>
    /// <param name="number">The first one's number.</param>
    /// <param name="step">What is added for each further one.</param>
    /// <param name="vectors">Takes the vectors.</param>
    public void Fill(ulong number, uint step, Span<byte> vectors)
    {
        vectors.Clear();
        for (int at = 0; at < vectors.Length; at += _length)
        {
            Span<byte> vector = vectors.Slice(at, _length);
            switch (_kind)
            {
                case "plain":
                    BinaryPrimitives.WriteUInt32LittleEndian(vector, unchecked((uint)number));
                    break;
                case "plain64be":
                    BinaryPrimitives.WriteUInt64BigEndian(vector[^8..], number);
                    break;
                case "benbi":
                    // The number of the sector's first block of the cipher, from 1.
                    BinaryPrimitives.WriteUInt64BigEndian(vector[^8..], unchecked((number * (512 / (uint)_length)) + 1));
                    break;
                case "plain64" or "essiv":
                    BinaryPrimitives.WriteUInt64LittleEndian(vector, number);
                    break;
                case "eboiv" or CipherSpecification.Elephant:
                    BinaryPrimitives.WriteUInt64LittleEndian(vector, unchecked(number * _unit));
                    break;
            }

            number = unchecked(number + step);
        }

        _cipher?.Transform(vectors);
    }
}
