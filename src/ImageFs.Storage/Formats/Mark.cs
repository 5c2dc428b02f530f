using System.Text;

namespace ImageFs.Storage.Formats;

/// <summary>Bytes at a fixed place of a volume or file that tell what it is.</summary>
/// <param name="Address">Where: from the start; or, below 0, from the end.</param>
/// <param name="Bytes">What is there.</param>
public readonly record struct Mark(long Address, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A mark in letters of ASCII.</summary>
    public Mark(long address, string text)
        : this(address, Encoding.ASCII.GetBytes(text))
    {
    }

    /// <summary>What a place counted from the end is rounded down to a multiple of, from the start.</summary>
    public long Alignment { get; init; } = 1;

    /// <summary>In how many places it may be.</summary>
    public int Places { get; init; } = 1;

    /// <summary>Bytes between those places.</summary>
    public int Step { get; init; }

    /// <summary>Bytes that may be there instead: the same number in the other byte order. Empty for none.</summary>
    public ReadOnlyMemory<byte> Or { get; init; }

    /// <summary>Whether it is there.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public bool IsIn(ProbeWindow window)
    {
        long address = Address >= 0 ? Address : (window.Length + Address) / Alignment * Alignment;
        for (int place = 0; place < Places; place++)
        {
            long there = address + ((long)place * Step);
            if (window.Has(there, Bytes.Span) || (!Or.IsEmpty && window.Has(there, Or.Span)))
            {
                return true;
            }
        }

        return false;
    }
}
