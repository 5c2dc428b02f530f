namespace ImageFs.Storage.Volumes;

/// <summary>
/// The logical partitions of an MBR: in the extended partitions, each a chain of boot records. They are found and counted as Linux does it
/// (block/partitions/msdos.c): what is empty has no number.
/// </summary>
/// <param name="disk">The whole disk.</param>
/// <param name="sectorSize">Bytes of a sector.</param>
/// <param name="diskId">The disk's identifier.</param>
/// <param name="warn">Called with what is wrong but harmless.</param>
internal sealed class LogicalPartitions(BlockSource disk, int sectorSize, string diskId, Action<string> warn)
{
    private const int FirstNumber = 5;
    private const int LastNumber = 255;
    private const int FirstSpareEntry = 2;

    // In a row, without a partition.
    private const int MaxLinks = 100;

    private readonly List<Partition> _found = [];
    private readonly HashSet<long> _visited = [];
    private long _last;

    /// <summary>The partitions, by their number.</summary>
    internal IReadOnlyList<Partition> Found => _found;

    /// <summary>Follows the chain of an extended partition.</summary>
    internal void Follow(Partition extended)
    {
        Span<byte> record = stackalloc byte[MasterBootRecord.Size];
        long place = extended.Start;
        long span = extended.Length;
        for (int links = 1; links <= MaxLinks; links++)
        {
            if (!TryRead(place, record))
            {
                return;
            }

            for (int i = 0; i < MasterBootRecord.EntryCount; i++)
            {
                MasterBootRecord.Entry entry = MasterBootRecord.EntryAt(record, i);
                if (entry.Sectors == 0 || entry.IsExtended || (i >= FirstSpareEntry && !IsWithin(entry, place, span, extended)))
                {
                    continue;
                }

                if (_found.Count > LastNumber - FirstNumber)
                {
                    warn($"more than {LastNumber} partitions: the rest is left out");
                    return;
                }

                _found.Add(entry.ToPartition(FirstNumber + _found.Count, place, sectorSize, diskId));
                links = 1;
            }

            if (!TryFindLink(record, out MasterBootRecord.Entry link))
            {
                return;
            }

            place = extended.Start + link.Start(sectorSize);
            span = link.Length(sectorSize);
        }

        warn($"more than {MaxLinks} extended boot records without a partition: the rest is left out");
    }

    private bool TryRead(long place, Span<byte> record)
    {
        if (place > disk.Length - record.Length)
        {
            warn($"extended boot record at 0x{place:X} lies beyond the end of the disk");
            return false;
        }

        if (!_visited.Add(place))
        {
            warn($"extended boot record at 0x{_last:X} leads backward to 0x{place:X}");
            return false;
        }

        _last = place;
        disk.ReadAt(place, record);
        if (!MasterBootRecord.HasSignature(record))
        {
            warn($"extended boot record at 0x{place:X} has no signature");
            return false;
        }

        return true;
    }

    // The third and the fourth entry may hold anything: they count when they are within the extended partition and the link's own.
    private bool IsWithin(MasterBootRecord.Entry entry, long place, long span, Partition extended)
    {
        long start = entry.Start(sectorSize);
        long length = entry.Length(sectorSize);
        return start + length <= span && place >= extended.Start && place + start + length <= extended.Start + extended.Length;
    }

    private static bool TryFindLink(ReadOnlySpan<byte> record, out MasterBootRecord.Entry link)
    {
        for (int i = 0; i < MasterBootRecord.EntryCount; i++)
        {
            link = MasterBootRecord.EntryAt(record, i);
            if (link.Sectors != 0 && link.IsExtended)
            {
                return true;
            }
        }

        link = default;
        return false;
    }
}
