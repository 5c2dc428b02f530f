using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>hash_version of a hash tree (ext4: Hash Tree Directories). 6, SipHash, needs the key of an encrypted directory.</summary>
internal enum DirectoryHashVersion : byte
{
    Legacy = 0,
    HalfMd4 = 1,
    Tea = 2,
    LegacyUnsigned = 3,
    HalfMd4Unsigned = 4,
    TeaUnsigned = 5,
}

/// <summary>The hashes of names in directories (ext4: Hash Tree Directories).</summary>
internal sealed class DirectoryHash
{
    // A hash that would be the end of the directory becomes the one before.
    private const uint EndOfDirectory = 0xFFFFFFFE;

    private readonly uint[] _seed = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476];
    private readonly bool _isUnsigned;

    /// <param name="seed">s_hash_seed; of zeros, a seed that all know counts.</param>
    /// <param name="isUnsigned">Whether names that do not say so in their directory are hashed as unsigned characters.</param>
    public DirectoryHash(ReadOnlySpan<byte> seed, bool isUnsigned)
    {
        _isUnsigned = isUnsigned;
        if (seed.ContainsAnyExcept((byte)0))
        {
            for (int i = 0; i < _seed.Length; i++)
            {
                _seed[i] = BinaryPrimitives.ReadUInt32LittleEndian(seed[(i * sizeof(uint))..]);
            }
        }
    }

    /// <summary>Whether a hash_version is one that <see cref="Compute"/> knows.</summary>
    public static bool IsKnown(byte version) => version <= (byte)DirectoryHashVersion.TeaUnsigned;

    /// <summary>The hash of a name.</summary>
    /// <param name="version">One that <see cref="IsKnown"/>, as the root of the hash tree has it.</param>
    /// <param name="name">The name.</param>
    /// <param name="minor">A second hash, which only the order of names needs.</param>
    public uint Compute(byte version, ReadOnlySpan<byte> name, out uint minor)
    {
        var kind = (DirectoryHashVersion)version;
        bool isUnsigned = kind >= DirectoryHashVersion.LegacyUnsigned || _isUnsigned;
        Span<uint> state = [_seed[0], _seed[1], _seed[2], _seed[3]];
        uint hash;
        switch (kind)
        {
            case DirectoryHashVersion.Legacy or DirectoryHashVersion.LegacyUnsigned:
                hash = Legacy(name, isUnsigned);
                minor = 0;
                break;
            case DirectoryHashVersion.HalfMd4 or DirectoryHashVersion.HalfMd4Unsigned:
                Transform(name, isUnsigned, 8, state, HalfMd4);
                hash = state[1];
                minor = state[2];
                break;
            case DirectoryHashVersion.Tea or DirectoryHashVersion.TeaUnsigned:
                Transform(name, isUnsigned, 4, state, Tea);
                hash = state[0];
                minor = state[1];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(version));
        }

        hash &= ~1u;
        return hash == EndOfDirectory ? EndOfDirectory - 2 : hash;
    }

    private static uint Character(byte value, bool isUnsigned) => unchecked(isUnsigned ? value : (uint)(sbyte)value);

    private static uint Legacy(ReadOnlySpan<byte> name, bool isUnsigned)
    {
        uint previous = 0x37ABE8F9;
        uint current = 0x12A3FE2D;
        foreach (byte value in name)
        {
            uint next = unchecked(previous + (current ^ (Character(value, isUnsigned) * 7152373)));
            if ((next & 0x80000000) != 0)
            {
                next = unchecked(next - 0x7FFFFFFF);
            }

            previous = current;
            current = next;
        }

        return current << 1;
    }

    /// <summary>Mixes a name into the state, a piece of so many words at a time.</summary>
    private static void Transform(
        ReadOnlySpan<byte> name, bool isUnsigned, int words, Span<uint> state, Action<Span<uint>, ReadOnlySpan<uint>> mix)
    {
        Span<uint> piece = stackalloc uint[8];
        piece = piece[..words];
        while (!name.IsEmpty)
        {
            Fill(piece, name, isUnsigned);
            mix(state, piece);
            name = name[Math.Min(name.Length, words * sizeof(uint))..];
        }
    }

    /// <summary>A piece of a name as words, the first character highest; filled up with the length of the rest of the name.</summary>
    private static void Fill(Span<uint> piece, ReadOnlySpan<byte> rest, bool isUnsigned)
    {
        uint padding = unchecked((uint)rest.Length * 0x01010101);
        piece.Fill(padding);
        for (int i = 0; i < Math.Min(rest.Length, piece.Length * sizeof(uint)); i++)
        {
            ref uint word = ref piece[i / sizeof(uint)];
            word = unchecked(Character(rest[i], isUnsigned) + (word << 8));
        }
    }

    private static void Tea(Span<uint> state, ReadOnlySpan<uint> key)
    {
        const uint Delta = 0x9E3779B9;
        const int Rounds = 16;
        uint sum = 0;
        uint x = state[0];
        uint y = state[1];
        unchecked
        {
            for (int i = 0; i < Rounds; i++)
            {
                sum += Delta;
                x += ((y << 4) + key[0]) ^ (y + sum) ^ ((y >> 5) + key[1]);
                y += ((x << 4) + key[2]) ^ (x + sum) ^ ((x >> 5) + key[3]);
            }

            state[0] += x;
            state[1] += y;
        }
    }

    private static void HalfMd4(Span<uint> state, ReadOnlySpan<uint> words)
    {
        ReadOnlySpan<byte> order = [0, 1, 2, 3, 4, 5, 6, 7, 1, 3, 5, 7, 0, 2, 4, 6, 3, 7, 2, 6, 1, 5, 0, 4];
        ReadOnlySpan<byte> rotations = [3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15];
        ReadOnlySpan<uint> constants = [0, 0x5A827999, 0x6ED9EBA1];
        uint a = state[0];
        uint b = state[1];
        uint c = state[2];
        uint d = state[3];
        unchecked
        {
            for (int i = 0; i < order.Length; i++)
            {
                int round = i / 8;
                uint mixed = round switch
                {
                    0 => d ^ (b & (c ^ d)),
                    1 => (b & c) + ((b ^ c) & d),
                    _ => b ^ c ^ d,
                };
                a = BitOperations.RotateLeft(a + mixed + words[order[i]] + constants[round], rotations[(round * 4) + (i % 4)]);
                (a, b, c, d) = (d, a, b, c);
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
        }
    }
}
