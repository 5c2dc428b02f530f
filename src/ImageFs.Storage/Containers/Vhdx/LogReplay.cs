namespace ImageFs.Storage.Containers.Vhdx;

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
            throw new UnsupportedFeatureException($"a vhdx log of version {header.LogVersion} and {header.LogLength} bytes is", Clause);
        }

        if (header.LogLength == 0 || header.LogLength % Unit != 0 || header.LogOffset % Unit != 0
            || header.LogOffset > (ulong)file.Length || header.LogLength > file.Length - (long)header.LogOffset)
        {
            throw new InvalidImageException(Structure, 0, $"{header.LogLength} bytes at 0x{header.LogOffset:X} in a file of {file.Length}", Clause);
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
