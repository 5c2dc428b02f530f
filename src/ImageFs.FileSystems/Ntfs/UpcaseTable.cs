using System.Runtime.InteropServices;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What each UTF-16 unit becomes when names are compared: the volume's own table (linux-ntfs, $UpCase).</summary>
internal sealed class UpcaseTable
{
    /// <summary>Bytes of a table.</summary>
    public const int Length = (char.MaxValue + 1) * sizeof(char);

    private readonly char[] _upper;

    /// <param name="bytes">The table: <see cref="Length"/> bytes.</param>
    public UpcaseTable(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _upper = MemoryMarshal.Cast<byte, char>(bytes).ToArray();
    }

    private UpcaseTable() => _upper = [.. Enumerable.Range(0, char.MaxValue + 1).Select(unit => char.ToUpperInvariant((char)unit))];

    /// <summary>The table for a volume whose own is damaged: Unicode's letters.</summary>
    public static UpcaseTable Default { get; } = new();

    /// <summary>The large form of a unit.</summary>
    public char this[char unit] => _upper[unit];

    /// <summary>Which of two names comes first where case does not count; 0 when they are the same then.</summary>
    public int CompareCaseless(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int length = Math.Min(left.Length, right.Length);
        for (int i = 0; i < length; i++)
        {
            // Most units are equal as they are.
            int difference = left[i] == right[i] ? 0 : _upper[left[i]] - _upper[right[i]];
            if (difference != 0)
            {
                return difference;
            }
        }

        return left.Length - right.Length;
    }
}
