using System.Globalization;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>Checks that each cluster is of one attribute at most, and that $Bitmap has those as used that are, and no others.</summary>
/// <param name="volume">The volume.</param>
internal sealed class ClusterCheck(NtfsVolume volume)
{
    private const int MaxFindings = 1000;
    private const int PieceLength = 64 * 1024;
    private const string Clause = "linux-ntfs, $Bitmap";

    // Clusters that are looked at: files that all have the same are many only where somebody made them so.
    private const int MaxTimes = 4;

    private CellMap _used = null!;
    private long _left;
    private int _told;

    /// <summary>Checks all.</summary>
    public void Run(CheckRun run)
    {
        long count = volume.Geometry.ClusterCount;
        run.Extent = count.ToString(CultureInfo.InvariantCulture);
        if (count is 0 or > CellMap.MaxCells)
        {
            run.Block($"the volume has {count} clusters, and at most {CellMap.MaxCells} can be checked");
            return;
        }

        _used = new CellMap(count);
        _left = (MaxTimes * count) + PieceLength;
        bool isWhole = new RecordScan(volume).Run(record => Take(record, run), run);
        if (_left <= 0)
        {
            run.Block("the files have several times the clusters of the volume: not all were looked at");
        }
        else if (isWhole)
        {
            run.Try(() => Compare(run));
        }
        else
        {
            run.GiveUp("what is damaged hides some clusters");
        }
    }

    private void Take(FileRecord record, CheckRun run)
    {
        if (record.Base.Value != 0)
        {
            return;
        }

        // A list of attributes has all but itself.
        if (record.TryFind(AttributeType.AttributeList, default, out AttributeRecord list) && list.IsNonResident)
        {
            var runs = new RunMapBuilder(volume.Geometry);
            runs.Add(record, list);
            Take(record, AttributeType.AttributeList, runs.Build(), run);
        }

        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                if (scan.Current.IsNonResident && scan.Current.LowestVcn == 0)
                {
                    AttributeType type = scan.Current.Type;
                    Take(record, type, NtfsStream.Open(volume, ref scan).Clusters, run);
                }
            }
        }
        finally
        {
            scan.Dispose();
        }
    }

    private void Take(FileRecord record, AttributeType type, ExtentMap clusters, CheckRun run)
    {
        foreach (Extent extent in clusters.Extents)
        {
            if (extent.Kind != ExtentKind.Mapped)
            {
                continue;
            }

            long first = extent.Address / volume.Geometry.ClusterSize;
            long shared = 0;
            for (long cluster = first; cluster < first + (extent.Length / volume.Geometry.ClusterSize) && _left > 0; cluster++, _left--)
            {
                shared += _used.Set(cluster) ? 1 : 0;
            }

            if (shared > 0 && _told++ < MaxFindings)
            {
                run.Find($"file record {record.Number}", record.Address, $"{shared} clusters of its attribute of type 0x{(uint)type:X}, from cluster {first} on, are of another one too", DataRun.Clause);
            }
        }
    }

    private void Compare(CheckRun run)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        FileRecord record = volume.ReadFile(SystemFiles.Bitmap, buffer.Span);
        long count = volume.Geometry.ClusterCount;
        if (NtfsStream.Open(volume, record, AttributeType.Data) is not { } stream || stream.Size < (count + 7) / 8)
        {
            throw record.Damaged($"it has no bits for {count} clusters", Clause);
        }

        BlockSource bits = stream.OpenPlain(volume.Source);
        byte[] piece = new byte[PieceLength];
        (long Start, bool IsLost)? difference = null;
        for (long cluster = 0; cluster < count; cluster++)
        {
            int place = (int)(cluster / 8 % PieceLength);
            if (cluster % (8L * PieceLength) == 0)
            {
                bits.ReadAt(cluster / 8, piece.AsSpan(0, (int)Math.Min(PieceLength, bits.Length - (cluster / 8))));
            }

            bool isMarked = (piece[place] >> (int)(cluster % 8) & 1) != 0;
            bool? isLost = isMarked == _used[cluster] ? null : isMarked;
            if (isLost != difference?.IsLost)
            {
                Tell(difference, cluster, run);
                difference = isLost is { } lost ? (cluster, lost) : null;
            }
        }

        Tell(difference, count, run);
    }

    private void Tell((long Start, bool IsLost)? difference, long end, CheckRun run)
    {
        if (difference is ({ } start, var isLost) && _told++ < MaxFindings)
        {
            run.Find(
                "$Bitmap",
                start * volume.Geometry.ClusterSize,
                $"clusters {start} to {end - 1} are {(isLost ? "marked as used, and no file has them" : "of files, and marked as free")}",
                Clause);
        }
    }
}
