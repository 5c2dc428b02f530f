using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using ImageFs.FileSystems.Ntfs.Directories;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>An index of something else than names: keys of numbers of 32 bits each, and values ($SII of $Secure, $O of $ObjId).</summary>
internal sealed class ViewIndex
{
    // The head of $INDEX_ROOT and of a record, before that of the node.
    private const int RootHead = 16;
    private const int RecordHead = 0x18;
    private const int MinRecordSize = 512;
    private const int MaxRecordSize = 2 << 20;
    private const int MaxDepth = 20;

    private readonly NtfsVolume _volume;
    private readonly byte[] _root;
    private readonly NtfsStream? _records;
    private readonly int _recordSize;
    private readonly int _unit;
    private readonly string _name;
    private readonly long _address;

    private ViewIndex(NtfsVolume volume, FileRecord record, string name, byte[] root, NtfsStream? records)
    {
        _volume = volume;
        _name = $"index {name} of file record {record.Number}";
        _address = record.Address;
        _recordSize = root.Length < RootHead + IndexNode.HeadLength ? 0 : (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(8)), int.MaxValue);
        if (_recordSize is < MinRecordSize or > MaxRecordSize || !BitOperations.IsPow2(_recordSize))
        {
            throw Damaged(_address, $"its records have {_recordSize} bytes");
        }

        _root = root;
        _records = records is { IsResident: false } ? records : null;
        _unit = _recordSize < volume.Geometry.ClusterSize ? UpdateSequence.Stride : volume.Geometry.ClusterSize;
    }

    /// <summary>Opens an index of a file.</summary>
    /// <returns>Null when it has none of the name.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ViewIndex? Open(NtfsVolume volume, FileRecord record, string name) =>
        NtfsStream.Open(volume, record, AttributeType.IndexRoot, name) is { IsResident: true } root
            ? new ViewIndex(volume, record, name, root.Value.ToArray(), NtfsStream.Open(volume, record, AttributeType.IndexAllocation, name))
            : null;

    /// <summary>Finds the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ImageException">A record on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[]? Find(ReadOnlySpan<byte> key)
    {
        using var buffer = new PooledBuffer(_recordSize);
        IndexNode node = Check(new IndexNode(_root.AsSpan(RootHead)), _address);
        long address = _address;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            var walker = new IndexWalker(node);
            while (walker.MoveNext() && !walker.IsAtEnd)
            {
                int order = Compare(key, walker.Current.Key);
                if (order == 0)
                {
                    return walker.Current.Value.ToArray();
                }

                if (order < 0)
                {
                    break;
                }
            }

            if (walker.Problem is { } problem)
            {
                throw Damaged(address, problem);
            }

            if (!walker.Current.HasChild)
            {
                return null;
            }

            node = Read(walker.Current.Child, buffer.Span, out address);
        }

        throw Damaged(_address, $"it is deeper than {MaxDepth} records");
    }

    private static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        MemoryMarshal.Cast<byte, uint>(left).SequenceCompareTo(MemoryMarshal.Cast<byte, uint>(right));

    private IndexNode Read(ulong place, Span<byte> buffer, out long address)
    {
        UInt128 offset = (UInt128)place * (ulong)_unit;
        if (_records is null || offset + (ulong)_recordSize > (ulong)Math.Min(_records.Size, _records.Clusters.Length))
        {
            throw Damaged(_address, $"it leads to {place}, where no record is");
        }

        address = _records.Clusters.Find((long)offset, 1).Address;
        _volume.Clusters.Read(_records.Clusters, (long)offset, buffer);
        return (buffer.StartsWith("INDX"u8) ? UpdateSequence.Apply(buffer) : "it has not the mark of an index record") is { } problem
            ? throw Damaged(address, problem)
            : Check(new IndexNode(buffer[RecordHead..]), address);
    }

    private IndexNode Check(IndexNode node, long address) => node.FindProblem() is { } problem ? throw Damaged(address, problem) : node;

    private InvalidImageException Damaged(long address, string problem) => new(_name, address, problem, IndexNode.Clause);
}
