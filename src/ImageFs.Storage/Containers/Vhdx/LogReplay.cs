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
            throw Invalid($"it has {count} descriptors in {Length} bytes");
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
                throw Invalid($"descriptor {i} is for {length} bytes at 0x{offset:X}, which are not aligned, or out of range");
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

/// <summary>Replays a log in memory: what was written to it, but not yet to where it belongs (MS-VHDX 2.3.3).</summary>
internal static class LogReplay
{
    /// <summary>What the log counts in, in bytes.</summary>
    public const int SectorSize = 4096;

    /// <summary>Longer than any file with a disk of 64 TiB.</summary>
    public const ulong MaxFileLength = 1UL << 48;

    private const string Structure = "vhdx log";
    private const string Clause = "MS-VHDX 2.3";
    private const uint Unit = 1 << 20;

    // Hyper-V's have 1 MiB. It is read whole.
    private const uint MaxLength = 32 << 20;

    // What was overwritten in part may look like an entry until its checksum is made: so many times the log.
    private const int MaxTries = 8;

    /// <summary>The file with the log replayed; the file itself when there is nothing to replay.</summary>
    /// <exception cref="InvalidImageException">The log is damaged: what the file holds cannot be told.</exception>
    /// <exception cref="UnsupportedFeatureException">It is too long, or of another version.</exception>
    public static BlockSource Replay(BlockSource file, FileHeader header)
    {
        if (header.LogGuid == Guid.Empty)
        {
            return file;
        }

        if (header.LogVersion != 0 || header.LogLength > MaxLength)
        {
            throw new UnsupportedFeatureException($"a vhdx log of version {header.LogVersion} and {header.LogLength} bytes", Clause);
        }

        if (header.LogLength == 0 || header.LogLength % Unit != 0 || header.LogOffset % Unit != 0
            || header.LogOffset > (ulong)file.Length || header.LogLength > file.Length - (long)header.LogOffset)
        {
            throw new InvalidImageException(Structure, 0, $"its {header.LogLength} bytes at 0x{header.LogOffset:X} are not aligned, or run past the end of the file at 0x{file.Length:X}", Clause);
        }

        byte[] log = new byte[header.LogLength];
        file.ReadAt((long)header.LogOffset, log);
        List<LogEntry>? sequence = FindActive(log, header.LogGuid, out bool isEmpty);
        if (isEmpty)
        {
            return file;
        }

        if (sequence is null)
        {
            throw new InvalidImageException(Structure, (long)header.LogOffset, "no sequence of entries in it is whole", Clause);
        }

        if (sequence[^1].FlushedFileOffset > (ulong)file.Length)
        {
            throw new TruncatedImageException((long)Math.Min(sequence[^1].FlushedFileOffset, long.MaxValue), file.Length);
        }

        var patched = new PatchedSource(file);
        sequence.ForEach(entry => entry.Apply(patched));
        return patched;
    }

    // The entries that follow each other to the one with the highest number, from where its tail is.
    private static List<LogEntry>? FindActive(byte[] log, Guid id, out bool isEmpty)
    {
        var entries = new SortedDictionary<int, LogEntry>();
        long tried = 0;
        for (int offset = 0; offset < log.Length && tried < MaxTries * (long)log.Length; offset += SectorSize)
        {
            // An entry that is whole holds no other.
            if (LogEntry.TryRead(log, offset, id, ref tried) is { } entry)
            {
                entries.Add(offset, entry);
                offset += entry.Length - SectorSize;
            }
        }

        // A writer that ended before its first entry has left its id only.
        isEmpty = tried == 0;
        foreach (LogEntry head in entries.Values.OrderByDescending(entry => entry.SequenceNumber))
        {
            if (SequenceTo(head, entries, log.Length) is { } sequence)
            {
                return sequence;
            }
        }

        return null;
    }

    private static List<LogEntry>? SequenceTo(LogEntry head, SortedDictionary<int, LogEntry> entries, int logLength)
    {
        var sequence = new List<LogEntry>();
        long offset = head.Tail;
        while (sequence.Count <= entries.Count && offset < logLength && entries.TryGetValue((int)offset, out LogEntry? entry))
        {
            if (sequence.Count > 0 && entry.SequenceNumber != unchecked(sequence[^1].SequenceNumber + 1))
            {
                return null;
            }

            sequence.Add(entry);
            if (ReferenceEquals(entry, head))
            {
                return sequence;
            }

            offset = (offset + entry.Length) % logLength;
        }

        return null;
    }
}
