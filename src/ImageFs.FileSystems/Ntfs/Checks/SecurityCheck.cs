using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using ImageFs.FileSystems.Ntfs.Attributes;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>
/// Checks $Secure: that each descriptor is in $SDS twice, with its hash; that $SII and $SDH have the same of them; and that those of files are there. What
/// a descriptor says is not looked at.
/// </summary>
/// <param name="volume">The volume.</param>
internal sealed class SecurityCheck(NtfsVolume volume)
{
    private const int MaxDescriptors = 1 << 20;
    private const int MaxFindings = 1000;

    // Those of every second one are again in the one behind it.
    private const ulong BlockLength = 256 << 10;
    private const int Alignment = 16;
    private const int KeyLength = 2 * sizeof(uint);

    private readonly Dictionary<uint, SecurityHead> _descriptors = [];
    private readonly HashSet<uint> _hashed = [];
    private int _told;
    private bool _isFull;

    /// <summary>Checks all.</summary>
    public void Run(CheckRun run)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        byte[] bytes = buffer.Span.ToArray();
        if (!run.Try(() => CheckIndexes(bytes, run)))
        {
            return;
        }

        run.Extent = _descriptors.Count.ToString(CultureInfo.InvariantCulture);
        if (_isFull)
        {
            run.Block($"there are more than {MaxDescriptors} descriptors, or their bytes are several times those of $SDS: not all were looked at");
        }
        else if (_descriptors.Count > 0)
        {
            new RecordScan(volume).Run(record => CheckFile(record, run), run);
        }
    }

    private void CheckIndexes(byte[] buffer, CheckRun run)
    {
        FileRecord secure = volume.ReadFile(SystemFiles.Security, buffer);
        IndexRecords? ids = ViewIndex.Open(volume, secure, "$SII");
        IndexRecords? hashes = ViewIndex.Open(volume, secure, "$SDH");
        NtfsStream? stream = NtfsStream.Open(volume, secure, AttributeType.Data, "$SDS");
        if (ids is null && hashes is null && stream is null)
        {
            run.GiveUp("the volume has no $Secure: its files have the descriptors themselves");
            return;
        }

        if (ids is null || hashes is null || stream is not { IsResident: false })
        {
            throw secure.Damaged("of $SII, $SDH and $SDS not all are there", SecurityDescriptors.Clause);
        }

        long left = stream.Size;
        byte[] descriptor = [];
        byte[] copy = [];
        var idCheck = new IndexCheck(ids, run)
        {
            Take = (entry, _, address) =>
            {
                if (_descriptors.Count == MaxDescriptors || left < 0)
                {
                    _isFull = true;
                    return;
                }

                if (entry.Key.Length < sizeof(uint) || entry.Value.Length < SecurityHead.Length)
                {
                    Tell(run, "$SII", address, $"an entry of it has {entry.Key.Length} and {entry.Value.Length} bytes");
                    return;
                }

                var head = SecurityHead.Read(entry.Value);
                left -= Math.Min(head.StoredLength, stream.Size);
                if (BinaryPrimitives.ReadUInt32LittleEndian(entry.Key) != head.Id || !_descriptors.TryAdd(head.Id, head))
                {
                    Tell(run, "$SII", address, $"its entry {BinaryPrimitives.ReadUInt32LittleEndian(entry.Key)} is that of descriptor {head.Id}");
                }
                else if (left >= 0)
                {
                    CheckDescriptor(head, address, stream, ref descriptor, ref copy, run);
                }
            },
        };
        idCheck.Run();
        var hashCheck = new IndexCheck(hashes, run)
        {
            Take = (entry, _, address) =>
            {
                if (entry.Key.Length < KeyLength || entry.Value.Length < SecurityHead.Length)
                {
                    Tell(run, "$SDH", address, $"an entry of it has {entry.Key.Length} and {entry.Value.Length} bytes");
                    return;
                }

                var head = SecurityHead.Read(entry.Value);
                bool isKey = BinaryPrimitives.ReadUInt32LittleEndian(entry.Key) == head.Hash && BinaryPrimitives.ReadUInt32LittleEndian(entry.Key[sizeof(uint)..]) == head.Id;
                if (!isKey || !_descriptors.TryGetValue(head.Id, out SecurityHead known) || known != head || !_hashed.Add(head.Id))
                {
                    Tell(run, "$SDH", address, $"its entry of descriptor {head.Id} is not what $SII has");
                }
            },
        };
        if (!_isFull)
        {
            hashCheck.Run();
            foreach (uint id in _descriptors.Keys.Where(id => !_hashed.Contains(id)))
            {
                Tell(run, "$SDH", hashes.Address, $"it has not the descriptor {id}, which $SII has");
            }
        }
    }

    private void CheckDescriptor(SecurityHead head, long entry, NtfsStream stream, ref byte[] descriptor, ref byte[] copy, CheckRun run)
    {
        long size = Math.Min(stream.Size, stream.Clusters.Length);
        ulong start = head.Offset % (2 * BlockLength);
        if (!head.IsIn(size, head.Offset) || start + head.StoredLength > BlockLength || head.Offset % Alignment != 0)
        {
            Tell(run, "$SII", entry, $"the descriptor {head.Id} has {head.StoredLength} bytes at {head.Offset} of $SDS, where none can be");
            return;
        }

        int length = (int)head.StoredLength;
        if (descriptor.Length < length)
        {
            descriptor = new byte[Math.Max(length, 4096)];
            copy = new byte[descriptor.Length];
        }

        long address = stream.Clusters.Find((long)head.Offset, 1).Address;
        volume.Clusters.Read(stream.Clusters, (long)head.Offset, descriptor.AsSpan(0, length));
        if (SecurityHead.Read(descriptor) != head)
        {
            Tell(run, "$SDS", address, $"the head of descriptor {head.Id} is not what $SII has");
        }
        else if (HashOf(descriptor.AsSpan(SecurityHead.Length..length)) != head.Hash)
        {
            Tell(run, "$SDS", address, $"the hash of descriptor {head.Id} is 0x{HashOf(descriptor.AsSpan(SecurityHead.Length..length)):X8}, not 0x{head.Hash:X8}");
        }

        ulong second = head.Offset + BlockLength;
        if (!head.IsIn(size, second))
        {
            Tell(run, "$SDS", address, $"the descriptor {head.Id} has no copy at {second}");
            return;
        }

        volume.Clusters.Read(stream.Clusters, (long)second, copy.AsSpan(0, length));
        if (!copy.AsSpan(0, length).SequenceEqual(descriptor.AsSpan(0, length)))
        {
            Tell(run, "$SDS", address, $"the copy of descriptor {head.Id} at {second} is another");
        }
    }

    private void CheckFile(FileRecord record, CheckRun run)
    {
        if (record.Base.Value == 0 && StandardInformation.TryFind(record, out StandardInformation information)
            && information.SecurityId is > 0 and var id && !_descriptors.ContainsKey(id))
        {
            Tell(run, $"file record {record.Number}", record.Address, $"its security descriptor {id} is not in $Secure");
        }
    }

    private static uint HashOf(ReadOnlySpan<byte> descriptor)
    {
        uint hash = 0;
        for (; descriptor.Length >= sizeof(uint); descriptor = descriptor[sizeof(uint)..])
        {
            hash = unchecked(BitOperations.RotateLeft(hash, 3) + BinaryPrimitives.ReadUInt32LittleEndian(descriptor));
        }

        return hash;
    }

    private void Tell(CheckRun run, string structure, long address, string problem)
    {
        if (_told++ < MaxFindings)
        {
            run.Find(structure, address, problem, SecurityDescriptors.Clause);
        }
    }
}
