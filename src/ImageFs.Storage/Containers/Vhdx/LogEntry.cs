using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>An entry of the log, whole and with its checksum (MS-VHDX 2.3.1).</summary>
internal sealed class LogEntry
{
    private const string Clause = "MS-VHDX 2.3.1";
    private const int HeaderLength = 64;
    private const int DescriptorLength = 32;

    private readonly byte[] _bytes;

    private LogEntry(byte[] bytes) => _bytes = bytes;

    /// <summary>Bytes of the entry.</summary>
    public int Length => _bytes.Length;

    public ulong SequenceNumber => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(16));

    /// <summary>Where the oldest entry that counts with this one is, in the log.</summary>
    public uint Tail => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(12));

    /// <summary>The least that the file has to be long, when the entry was written.</summary>
    public ulong FlushedFileOffset => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(48));

    /// <summary>Takes an entry out of the log.</summary>
    /// <param name="log">The log, whole.</param>
    /// <param name="offset">Where it begins; it may go on at the log's start.</param>
    /// <param name="id">Which entries count.</param>
    /// <param name="tried">Grows by the bytes that were looked at.</param>
    /// <returns>Null when there is none.</returns>
    public static LogEntry? TryRead(ReadOnlySpan<byte> log, int offset, Guid id, ref long tried)
    {
        ReadOnlySpan<byte> header = log.Slice(offset, HeaderLength);
        if (!header.StartsWith("loge"u8) || new Guid(header.Slice(32, 16)) != id)
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (length == 0 || length > log.Length || length % LogReplay.SectorSize != 0)
        {
            return null;
        }

        tried += length;
        byte[] bytes = new byte[length];
        int first = Math.Min(bytes.Length, log.Length - offset);
        log.Slice(offset, first).CopyTo(bytes);
        log[..(bytes.Length - first)].CopyTo(bytes.AsSpan(first));
        return Checksums.IsValid(bytes, "loge"u8) ? new LogEntry(bytes) : null;
    }

    /// <summary>Applies what it says.</summary>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    public void Apply(PatchedSource file)
    {
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(24));
        if (count > (Length - HeaderLength) / DescriptorLength)
        {
            throw Invalid($"{count} descriptors in {Length} bytes");
        }

        int data = (HeaderLength + ((int)count * DescriptorLength) + LogReplay.SectorSize - 1) / LogReplay.SectorSize * LogReplay.SectorSize;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> descriptor = _bytes.AsSpan(HeaderLength + (i * DescriptorLength), DescriptorLength);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(descriptor[16..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(descriptor[8..]);
            bool isData = descriptor.StartsWith("desc"u8);
            if (!isData && !descriptor.StartsWith("zero"u8))
            {
                throw Invalid($"descriptor {i} has a wrong signature");
            }

            if (offset % LogReplay.SectorSize != 0 || offset > LogReplay.MaxFileLength
                || (!isData && (length % LogReplay.SectorSize != 0 || length > LogReplay.MaxFileLength)))
            {
                throw Invalid($"descriptor {i} is of {length} bytes at 0x{offset:X}");
            }

            if (isData)
            {
                file.Replace((long)offset, LogReplay.SectorSize, SectorOf(descriptor, data));
                data += LogReplay.SectorSize;
            }
            else if (length > 0)
            {
                file.Replace((long)offset, (long)length, null);
            }
        }
    }

    // A sector of the log has parts of the sequence number at both its ends; the bytes that they took the place of are in the descriptor.
    private byte[] SectorOf(ReadOnlySpan<byte> descriptor, int data)
    {
        if (data > Length - LogReplay.SectorSize || !_bytes.AsSpan(data).StartsWith("data"u8))
        {
            throw Invalid("a descriptor has no data");
        }

        byte[] sector = _bytes.AsSpan(data, LogReplay.SectorSize).ToArray();
        descriptor.Slice(8, 8).CopyTo(sector);
        descriptor.Slice(4, 4).CopyTo(sector.AsSpan(LogReplay.SectorSize - 4));
        return sector;
    }

    private InvalidImageException Invalid(string problem) => new("vhdx log entry", 0, $"{problem} (sequence number {SequenceNumber})", Clause);
}
