using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>What can be checked of an NTFS volume beside its files.</summary>
/// <param name="volume">The volume.</param>
/// <param name="upcase">The order of names.</param>
internal sealed class NtfsChecks(NtfsVolume volume, UpcaseTable upcase)
{
    private const int MirroredRecords = 4;

    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        new Check("boot sectors", CheckBootSectors),
        new Check("$MFTMirr", CheckMirror),
        new Check("file records", CheckRecords) { Length = volume.Table.Count * volume.Geometry.RecordSize },
        new Check("clusters and $Bitmap", run => new ClusterCheck(volume).Run(run)) { Length = volume.Table.Count * volume.Geometry.RecordSize },
        new Check("directories and names", run => new NameCheck(volume, upcase).Run(run)) { Length = volume.Table.Count * volume.Geometry.RecordSize },
        new Check("security descriptors", run => new SecurityCheck(volume).Run(run)) { Length = volume.Table.Count * volume.Geometry.RecordSize },
        new Check("reparse points, object identifiers and quotas", run => new ViewCheck(volume).Run(run)) { Length = volume.Table.Count * volume.Geometry.RecordSize },
        new Check("journals", run => new JournalCheck(volume).Run(run)),
        new Check("what security descriptors say, and what $LogFile would change"),
    ];

    private void CheckBootSectors(CheckRun run)
    {
        // At the end of the sector behind the volume: before one that is shorter.
        long address = volume.Geometry.Length + volume.Geometry.SectorSize - Math.Max(BootSector.Length, volume.Geometry.SectorSize);
        byte[] first = new byte[BootSector.Length];
        byte[] copy = new byte[BootSector.Length];
        if (address > volume.Source.Length - copy.Length)
        {
            run.GiveUp("what the volume is on ends before the copy");
            return;
        }

        run.Try(() =>
        {
            volume.Source.ReadAt(0, first);
            volume.Source.ReadAt(address, copy);
            int difference = first.AsSpan().CommonPrefixLength(copy);
            if (difference < first.Length)
            {
                run.Find("copy of the boot sector", address, $"from byte {difference} on it is not what the boot sector is", BootSector.Clause);
            }
        });
    }

    private void CheckMirror(CheckRun run)
    {
        byte[] record = new byte[volume.Geometry.RecordSize];
        byte[] copy = new byte[volume.Geometry.RecordSize];
        for (int number = 0; number < MirroredRecords; number++)
        {
            int current = number;
            run.Try(() =>
            {
                long offset = (long)current * record.Length;
                volume.Table.Source.ReadAt(offset, record);
                volume.Source.ReadAt(volume.Geometry.MirrorAddress + offset, copy);
                int difference = record.AsSpan().CommonPrefixLength(copy);
                if (difference < record.Length)
                {
                    run.Find(
                        $"copy of file record {current}",
                        volume.Geometry.MirrorAddress + offset,
                        $"from byte {difference} on it is not what the record is",
                        "linux-ntfs, $MFTMirr");
                }
            });
        }
    }

    private void CheckRecords(CheckRun run)
    {
        long count = 0;
        var scan = new RecordScan(volume) { TakeDifference = run.Find };
        scan.Run(
            record =>
            {
                count++;
                CheckRecord(record, run);
            },
            run);
        run.Extent = count.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckRecord(FileRecord record, CheckRun run)
    {
        if (record.Base.Value != 0)
        {
            Span<byte> buffer = new byte[volume.Geometry.RecordSize];
            _ = volume.ReadFile(record.Base, buffer);
            return;
        }

        bool hasInformation = false;
        int names = 0;
        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                hasInformation |= scan.Current.Type == AttributeType.StandardInformation;
                names += scan.Current.Type == AttributeType.FileName ? 1 : 0;
                if (scan.Current.LowestVcn == 0)
                {
                    NtfsStream.Open(volume, ref scan);
                }
            }
        }
        finally
        {
            scan.Dispose();
        }

        if (!hasInformation)
        {
            run.Find($"file record {record.Number}", record.Address, "it has no $STANDARD_INFORMATION", FileRecord.Clause);
        }

        if (names != record.NameCount)
        {
            run.Find($"file record {record.Number}", record.Address, $"it counts {record.NameCount} names, and has {names}", FileRecord.Clause);
        }
    }
}
