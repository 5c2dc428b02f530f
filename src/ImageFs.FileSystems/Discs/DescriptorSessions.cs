using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.Discs;

/// <summary>
/// Finds the sessions of a disc. The table that describes them is outside of the data: a drive and the sheet of an image have it. Of an
/// image of the data alone, the primary volume descriptor of each session is looked for beyond the end of the one before.
/// </summary>
internal static class DescriptorSessions
{
    // On media that can be overwritten, libisofs has the descriptors of the last session at 0, and the first session here.
    private const long FirstEmulatedSector = 32;

    // After a session of a CD: lead-out and lead-in take 11,400 sectors, pregap and padding some more.
    private const int MaxGap = 16 * 1024;

    /// <summary>How many sessions there are.</summary>
    public static long Count(BlockSource source) => source.Find<SessionTable>()?.Starts.Count ?? Math.Max(1, Find(source).LongCount());

    /// <summary>The addresses at which the sessions begin, the first one first.</summary>
    public static IEnumerable<long> Find(BlockSource source)
    {
        long? session = IsSession(source, FirstEmulatedSector, out long end) ? FirstEmulatedSector
            : IsSession(source, 0, out end) ? 0
            : null;
        while (session is long sector)
        {
            yield return sector * PrimaryDescriptor.Length;
            session = null;
            long first = end;
            for (long next = first; next < first + MaxGap && session is null; next++)
            {
                session = IsSession(source, next, out end) ? next : null;
            }
        }
    }

    /// <summary>Whether there is a primary volume descriptor with its root directory after it: not that of an image in a file.</summary>
    private static bool IsSession(BlockSource source, long sector, out long end)
    {
        end = 0;
        long address = (sector + PrimaryDescriptor.FirstSector) * PrimaryDescriptor.Length;
        if (address > source.Length - PrimaryDescriptor.Length)
        {
            return false;
        }

        try
        {
            Span<byte> bytes = stackalloc byte[PrimaryDescriptor.Length];
            source.ReadAt(address, bytes[..PrimaryDescriptor.HeaderLength]);
            if (!PrimaryDescriptor.IsAt(bytes))
            {
                return false;
            }

            source.ReadAt(address, bytes);
            var volume = new PrimaryDescriptor(bytes);
            long size = (long)volume.VolumeSpaceSize * volume.LogicalBlockSize / PrimaryDescriptor.Length;
            end = sector + Math.Max(size, PrimaryDescriptor.FirstSector + 1);
            return volume.LocationOfRoot * volume.LogicalBlockSize > address;
        }
        catch (TruncatedImageException)
        {
            return false;
        }
    }
}
