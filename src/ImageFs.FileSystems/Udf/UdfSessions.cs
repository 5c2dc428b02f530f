using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.Udf;

/// <summary>
/// The sessions of a disc with UDF. Where no table of the disc tells them, each one that was closed ends with a virtual allocation table, of
/// which the last leads back to those before; and one begins, with a volume recognition sequence of its own, a gap after such an end.
/// </summary>
internal static class UdfSessions
{
    private const int MaxTables = 100;

    // After a session of a CD: lead-out and lead-in take 11,400 sectors, pregap and padding some more.
    private const int MaxGap = 16 * 1024;

    /// <summary>How many there are.</summary>
    public static long Count(UdfVolume volume)
    {
        if (volume.Image.Find<SessionTable>() is { } table)
        {
            return table.Starts.Count;
        }

        long count = 1;
        try
        {
            count += FindEnds(volume).LongCount(end => IsFollowed(volume, end));
        }
        catch (ImageException)
        {
            // A table that cannot be read describes no more.
        }

        return Math.Max(count, DescriptorSessions.Count(volume.Image));
    }

    // The blocks of the image with the ICBs of all tables but the last.
    private static IEnumerable<long> FindEnds(UdfVolume volume)
    {
        LogicalBlock? table = volume.VirtualTable;
        for (int i = 0; i < MaxTables && table is { } icb; i++)
        {
            table = VirtualAllocationTable.FindPrevious(volume, icb) is { } block ? icb with { Block = block } : null;
            if (table is { } before)
            {
                yield return (long)volume.FindNumber(before);
            }
        }
    }

    private static bool IsFollowed(UdfVolume volume, long end)
    {
        for (long next = end + 1; next < end + MaxGap; next++)
        {
            long start = next * volume.BlockSize;
            if (VolumeMark.IsAt(volume.Image, start + RecognitionSequence.Start))
            {
                return RecognitionSequence.HasVolume(volume.Image, start, volume.BlockSize);
            }
        }

        return false;
    }
}
