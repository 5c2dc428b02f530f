using ImageFs.Storage;

namespace ImageFs.FileSystems.Foreign;

/// <summary>Bytes at a fixed place of a volume or file that tell what it is.</summary>
/// <param name="Address">Where: from the start; or, below 0, from the end.</param>
/// <param name="Bytes">What is there.</param>
internal readonly record struct Mark(long Address, byte[] Bytes)
{
    /// <summary>What a place counted from the end is rounded down to a multiple of, from the start.</summary>
    public long Alignment { get; init; } = 1;

    /// <summary>In how many places it may be.</summary>
    public int Places { get; init; } = 1;

    /// <summary>How far those are apart.</summary>
    public int Step { get; init; }

    /// <summary>Whether it is there.</summary>
    public bool IsIn(MarkReader source)
    {
        long address = Address >= 0 ? Address : (source.Length + Address) / Alignment * Alignment;
        for (int place = 0; place < Places; place++)
        {
            if (source.Has(address + ((long)place * Step), Bytes))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Reads the places where marks may be, each block once: a hundred marks lie in a dozen blocks.</summary>
/// <param name="source">The volume or file.</param>
internal sealed class MarkReader(BlockSource source)
{
    private const int BlockSize = 4096;

    private readonly Dictionary<long, byte[]> _blocks = [];

    /// <summary>Length of the source in bytes.</summary>
    public long Length => source.Length;

    /// <summary>The source.</summary>
    public BlockSource Source => source;

    /// <summary>Whether there are certain bytes at an address; none are outside of the source, nor where it is damaged.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public bool Has(long address, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> found = From(address);
            int length = Math.Min(found.Length, bytes.Length);
            if (length == 0 || !found[..length].SequenceEqual(bytes[..length]))
            {
                return false;
            }

            bytes = bytes[length..];
            address += length;
        }

        return true;
    }

    /// <summary>The bytes from an address on to the end of its block; none outside of the source, or where it is damaged.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public ReadOnlySpan<byte> From(long address)
    {
        if (address < 0 || address >= Length)
        {
            return default;
        }

        long start = address / BlockSize * BlockSize;
        if (!_blocks.TryGetValue(start, out byte[]? block))
        {
            block = new byte[Math.Min(BlockSize, Length - start)];
            try
            {
                source.ReadAt(start, block);
            }
            catch (ImageException)
            {
                block = [];
            }

            _blocks.Add(start, block);
        }

        return block.Length == 0 ? default : block.AsSpan((int)(address - start));
    }
}
