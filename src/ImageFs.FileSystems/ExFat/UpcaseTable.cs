using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.FileSystems.ExFat;

/// <summary>What each UTF-16 unit becomes when names are compared (exFAT 7.2).</summary>
internal sealed class UpcaseTable
{
    /// <summary>The most bytes that a table has: two for each unit.</summary>
    public const int MaxLength = (char.MaxValue + 1) * sizeof(char);

    private const char IdentityMark = '\uFFFF';

    private readonly char[] _upper = new char[char.MaxValue + 1];

    /// <summary>A table from a volume. Units that it does not reach stay as they are.</summary>
    /// <param name="bytes">The table, compressed or not (7.2.5).</param>
    public UpcaseTable(ReadOnlySpan<byte> bytes)
    {
        int index = 0;
        bool isIdentity = false;
        for (int i = 0; i + 1 < bytes.Length && index < _upper.Length; i += sizeof(char))
        {
            char unit = (char)BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]);
            if (isIdentity)
            {
                // The unit is the number of those that stay as they are.
                index = Identity(index, index + unit);
                isIdentity = false;
            }
            else if (unit == IdentityMark && i + sizeof(char) < bytes.Length)
            {
                isIdentity = true;
            }
            else
            {
                _upper[index++] = unit;
            }
        }

        Identity(index, _upper.Length);
    }

    private UpcaseTable()
    {
        for (int i = 0; i < _upper.Length; i++)
        {
            _upper[i] = char.ToUpperInvariant((char)i);
        }
    }

    /// <summary>The table for volumes whose own is damaged: Unicode's letters.</summary>
    public static UpcaseTable Default { get; } = new();

    /// <summary>The sum over a table (7.2.2).</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        foreach (byte value in bytes)
        {
            sum = unchecked(BitOperations.RotateRight(sum, 1) + value);
        }

        return sum;
    }

    /// <summary>The NameHash of a name (7.6.4).</summary>
    public ushort Hash(ReadOnlySpan<char> name)
    {
        ushort hash = 0;
        foreach (char unit in name)
        {
            char upper = _upper[unit];
            hash = Add(Add(hash, (byte)(upper & 0xFF)), (byte)(upper >> 8));
        }

        return hash;
    }

    /// <summary>Whether two names are the same.</summary>
    public bool AreEqual(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (_upper[left[i]] != _upper[right[i]])
            {
                return false;
            }
        }

        return true;
    }

    private static ushort Add(ushort hash, byte value) => unchecked((ushort)((hash << 15) + (hash >> 1) + value));

    private int Identity(int from, int to)
    {
        to = Math.Min(to, _upper.Length);
        for (int i = from; i < to; i++)
        {
            _upper[i] = (char)i;
        }

        return to;
    }
}
