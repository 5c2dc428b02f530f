using System.Buffers.Binary;
using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems.ExFat;

/// <summary>A file name directory entry: a part of the name (exFAT 7.7).</summary>
internal readonly ref struct FileNameEntry
{
    /// <summary>UTF-16 units in it.</summary>
    public const int Units = 15;

    private readonly ReadOnlySpan<byte> _bytes;

    public FileNameEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>FileName (7.7.3).</summary>
    /// <param name="units">Takes as many units as it has room for.</param>
    public void CopyUnits(Span<char> units)
    {
        for (int i = 0; i < Math.Min(units.Length, Units); i++)
        {
            units[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(2 + (2 * i))..]);
        }
    }
}
