using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>Checks what journals are built like: the restart pages of $LogFile, and the records of the change journal, $UsnJrnl ([MS-FSCC] 2.3.62).</summary>
/// <param name="volume">The volume.</param>
internal sealed class JournalCheck(NtfsVolume volume)
{
    private const string ChangeJournal = "$UsnJrnl";
    private const string ChangeClause = "USN_RECORD_V2, USN_RECORD_V3, USN_RECORD_V4";
    private const int PageSize = 4096;
    private const int Alignment = 8;
    private const int HeadLength = 8;
    private const int SettingsLength = 32;
    private const int MaxFindings = 1000;
    private const byte Unused = 0xFF;

    private int _told;

    /// <summary>Checks both.</summary>
    public void Run(CheckRun run)
    {
        byte[] record = new byte[volume.Geometry.RecordSize];
        run.Try(() => CheckRestartPages(record, run));
        run.Try(() => CheckChanges(record, run));
    }

    private void CheckRestartPages(byte[] buffer, CheckRun run)
    {
        FileRecord record = volume.ReadFile(SystemFiles.Log, buffer);
        bool isAnyGood = false;
        string? problem = null;
        foreach (byte[] bytes in LogState.ReadPages(volume, record))
        {
            if (!bytes.AsSpan().ContainsAnyExcept(Unused))
            {
                continue;
            }

            var page = new RestartPage(bytes);
            string? found = page.FindProblem();
            found ??= page.SystemPageSize < UpdateSequence.Stride || page.LogPageSize < UpdateSequence.Stride
                ? $"it has pages of {page.SystemPageSize} and {page.LogPageSize} bytes"
                : page.SystemPageSize == bytes.Length ? UpdateSequence.Apply(bytes) : null;
            isAnyGood |= found is null;
            problem ??= found;
        }

        // One of the two is enough: the other is the one that was being written.
        if (!isAnyGood && problem is not null)
        {
            throw record.Damaged(problem, LogState.Clause);
        }
    }

    private void CheckChanges(byte[] buffer, CheckRun run)
    {
        if (volume.FindExtension(ChangeJournal) is not { } reference)
        {
            return;
        }

        FileRecord record = volume.ReadFile(reference, buffer);
        if (NtfsStream.Open(volume, record, AttributeType.Data, "$Max") is not { Size: >= SettingsLength })
        {
            throw record.Damaged("it does not tell its sizes ($Max)", ChangeClause);
        }

        if (NtfsStream.Open(volume, record, AttributeType.Data, "$J") is not { IsResident: false } journal)
        {
            return;
        }

        long records = 0;
        long left = volume.Geometry.Length;
        byte[] page = new byte[PageSize];
        foreach (Extent extent in journal.Clusters.Extents)
        {
            if (extent.Kind != ExtentKind.Mapped)
            {
                continue;
            }

            long end = Math.Min(extent.Offset + extent.Length, journal.InitializedSize);
            for (long offset = extent.Offset; offset < end && left > 0; offset += PageSize, left -= PageSize)
            {
                Span<byte> bytes = page.AsSpan(0, (int)Math.Min(PageSize, end - offset));
                volume.Source.ReadAt(extent.Address + offset - extent.Offset, bytes);
                records += CheckPage(bytes, offset, extent.Address + offset - extent.Offset, run);
                run.Advance(bytes.Length);
            }
        }

        run.Extent = $"{records} changes";
        if (left <= 0)
        {
            run.Block("the change journal has more clusters than the volume: not all were looked at");
        }
    }

    // No record goes over the end of a page; what is left of one is zeros.
    private int CheckPage(ReadOnlySpan<byte> page, long start, long address, CheckRun run)
    {
        int count = 0;
        for (int at = 0; page.Length - at >= HeadLength;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(page[at..]);
            if (length == 0)
            {
                break;
            }

            if (length < HeadLength || length % Alignment != 0 || length > page.Length - at)
            {
                Tell(run, address + at, $"a record of {length} bytes");
                break;
            }

            if (FindProblem(page.Slice(at, (int)length), start + at) is { } problem)
            {
                Tell(run, address + at, problem);
            }

            count++;
            at += (int)length;
        }

        return count;
    }

    private static string? FindProblem(ReadOnlySpan<byte> record, long place)
    {
        // Where its own place and its name are recorded: the second has longer references, the third no name.
        (int Usn, int Name)? known = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) switch
        {
            2 => (24, 56),
            3 => (40, 72),
            4 => (40, -1),
            _ => null,
        };
        if (known is not { } fields || record.Length < Math.Max(fields.Usn + sizeof(long), fields.Name + sizeof(uint)))
        {
            return $"a record of version {BinaryPrimitives.ReadUInt16LittleEndian(record[4..])} and {record.Length} bytes";
        }

        long usn = BinaryPrimitives.ReadInt64LittleEndian(record[fields.Usn..]);
        if (usn != place)
        {
            return $"a record says to be at {usn} of the journal, not at {place}";
        }

        return fields.Name > 0
            && BinaryPrimitives.ReadUInt16LittleEndian(record[fields.Name..]) + BinaryPrimitives.ReadUInt16LittleEndian(record[(fields.Name + 2)..]) > record.Length
                ? "the name of a record runs past its end"
                : null;
    }

    private void Tell(CheckRun run, long address, string problem)
    {
        if (_told++ < MaxFindings)
        {
            run.Find(ChangeJournal, address, problem, ChangeClause);
        }
    }
}
