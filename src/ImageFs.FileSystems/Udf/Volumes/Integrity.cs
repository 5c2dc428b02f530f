using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>
/// The logical volume integrity descriptor: whether the volume was left in order, and what there is in it (ECMA-167 3/10.10, UDF 2.2.6).
/// </summary>
internal sealed class Integrity
{
    // Linux's bound for extents that lead to the next.
    private const int MaxExtents = 1000;
    private const int MaxBlocks = 4096;
    private const int TablesPlace = 80;
    private const int UseLength = 46;

    private readonly byte[] _bytes;

    private Integrity(byte[] bytes) => _bytes = bytes;

    /// <summary>Whether it is closed: what is recorded agrees with itself (3/10.10.3).</summary>
    public bool IsClosed => Read(28) == 1;

    /// <summary>Recording Date and Time (3/10.10.2).</summary>
    public ReadOnlySpan<byte> RecordingTime => _bytes.AsSpan(DescriptorTag.Length, UdfTime.Length);

    /// <summary>Number of files; null when it is not told.</summary>
    public uint? Files => ReadUse(EntityIdentifier.Length);

    /// <summary>Number of directories; null when it is not told.</summary>
    public uint? Directories => ReadUse(EntityIdentifier.Length + 4);

    /// <summary>The revision that a reader has to know at least; 0 when it is not told.</summary>
    public ushort MinReadRevision => unchecked((ushort)(ReadUse(EntityIdentifier.Length + 8) ?? 0));

    private uint Partitions => Read(72);

    /// <summary>Reads the last descriptor of the sequence; null when there is none, or the first is damaged.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="extent">The sequence.</param>
    /// <param name="blockSize">Bytes in a block.</param>
    /// <param name="warn">Called with what is damaged.</param>
    public static Integrity? Read(BlockSource source, VolumeExtent extent, int blockSize, Action<string> warn)
    {
        Integrity? last = null;
        byte[] block = new byte[blockSize];
        try
        {
            for (int extents = 0; extents < MaxExtents && extent.Length >= blockSize; extents++)
            {
                VolumeExtent next = default;
                long count = Math.Min(extent.Length / blockSize, MaxBlocks);
                for (long i = 0; i < count; i++)
                {
                    long address = (extent.Location + i) * blockSize;
                    source.ReadAt(address, block);
                    var tag = new DescriptorTag(block);
                    if (tag.IsBlank || tag.Identifier == TagIdentifier.TerminatingDescriptor)
                    {
                        break;
                    }

                    DescriptorTag.Check(block, (uint)(extent.Location + i), address, TagIdentifier.LogicalVolumeIntegrityDescriptor);
                    last = new Integrity((byte[])block.Clone());
                    next = VolumeExtent.Read(block.AsSpan(32));
                    if (next.Length > 0)
                    {
                        break;
                    }
                }

                extent = next;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            warn(e.Message);
        }

        return last;
    }

    /// <summary>Free blocks of a partition: 0 when it is not told (3/10.10.7).</summary>
    public uint FreeBlocks(int partition)
    {
        long place = TablesPlace + (4L * partition);
        uint free = partition < Partitions && place <= _bytes.Length - 4 ? Read((int)place) : uint.MaxValue;
        return free == uint.MaxValue ? 0 : free;
    }

    private uint Read(int place) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(place));

    /// <summary>A field of the implementation use, which comes after two tables with a number for each partition.</summary>
    private uint? ReadUse(int offset)
    {
        long place = TablesPlace + (8L * Partitions);
        return Read(76) >= UseLength && place <= _bytes.Length - UseLength ? Read((int)place + offset) : null;
    }
}
