using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>The log: a ring of blocks of 512 bytes, each of which begins with the cycle in which it was written.</summary>
/// <param name="source">The device that it is on.</param>
/// <param name="start">Where it begins there, in bytes.</param>
/// <param name="blocks">Its blocks of 512 bytes.</param>
internal sealed class LogRing(BlockSource source, long start, long blocks)
{
    /// <summary>Its blocks of 512 bytes.</summary>
    public long Blocks => blocks;

    /// <summary>Where a block is on the device, in bytes.</summary>
    public long AddressOf(long block) => start + (block * RecordHeader.BlockSize);

    /// <summary>The cycle of a block: how often the log was gone through when it was written.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public uint CycleOf(long block)
    {
        Span<byte> word = stackalloc byte[2 * sizeof(uint)];
        source.ReadAt(AddressOf(block), word);

        // A header says it after its magic number.
        uint first = BinaryPrimitives.ReadUInt32BigEndian(word);
        return first == RecordHeader.MagicNumber ? BinaryPrimitives.ReadUInt32BigEndian(word[sizeof(uint)..]) : first;
    }

    /// <summary>Reads blocks; those behind the last one are the first.</summary>
    /// <param name="block">The first.</param>
    /// <param name="bytes">Takes whole blocks.</param>
    /// <exception cref="ImageException">They cannot be read.</exception>
    public void Read(long block, Span<byte> bytes)
    {
        int before = (int)Math.Min(bytes.Length, (blocks - block) * RecordHeader.BlockSize);
        source.ReadAt(AddressOf(block), bytes[..before]);
        if (before < bytes.Length)
        {
            source.ReadAt(start, bytes[before..]);
        }
    }

    /// <summary>A block so many after another.</summary>
    public long After(long block, long count) => (block + count) % blocks;

    /// <summary>Blocks from one to another, forward.</summary>
    public long From(long block, long end) => end >= block ? end - block : blocks - block + end;
}
