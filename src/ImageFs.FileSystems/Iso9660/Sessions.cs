using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Finds the sessions of a disc. The table that tells of them is outside of the data: a drive and the sheet of an image have it. Of an
/// image of the data alone, the volume descriptors of each session are looked for behind the end of the one before.
/// </summary>
internal static class Sessions
{
    // On media that can be overwritten, libisofs has the descriptors of the last session at 0, and the first session here.
    private const long FirstEmulatedSector = 32;

    // Behind a session of a CD: lead-out and lead-in take 11,400 sectors, pregap and padding some more.
    private const int MaxGap = 16 * 1024;

    private const int DescriptorSector = 16;

    /// <summary>Address of the system area of the session that is shown unless another is asked for: the last one where a table tells.</summary>
    public static long FindDefault(BlockSource source) => SessionTable.Find(source)?.Default ?? 0;

    /// <summary>Address of the system area in front of the volume descriptors that the options ask for.</summary>
    /// <exception cref="MountOptionException">The image has no such session.</exception>
    public static long FindStart(BlockSource source, Iso9660Options options)
    {
        if (options.DescriptorSector is uint sector)
        {
            return (long)sector * VolumeDescriptor.Length;
        }

        if (options.Session is not uint session)
        {
            return FindDefault(source);
        }

        if (SessionTable.Find(source) is { } table)
        {
            return (session < table.Starts.Count ? table.Starts[(int)session] : null)
                ?? throw new MountOptionException($"session={session}", $"the disc has {table.Starts.Count}, and there is no data in that one");
        }

        uint index = 0;
        foreach (long start in Find(source))
        {
            if (index++ == session)
            {
                return start;
            }
        }

        // Without any the image is no volume, as will be said when it is opened.
        return index == 0 ? 0 : throw new MountOptionException(
            $"session={session}", $"the image has {index} that can be found; sbsector= takes the sector that one begins at");
    }

    /// <summary>How many sessions there are.</summary>
    public static long Count(BlockSource source) => SessionTable.Find(source)?.Starts.Count ?? Find(source).LongCount();

    /// <summary>The addresses at which the sessions begin, the first one first.</summary>
    public static IEnumerable<long> Find(BlockSource source)
    {
        long? session = IsSession(source, FirstEmulatedSector, out long end) ? FirstEmulatedSector
            : IsSession(source, 0, out end) ? 0
            : null;
        while (session is long sector)
        {
            yield return sector * VolumeDescriptor.Length;
            session = null;
            long first = end;
            for (long next = first; next < first + MaxGap && session is null; next++)
            {
                session = IsSession(source, next, out end) ? next : null;
            }
        }
    }

    /// <summary>Whether there is a primary volume descriptor with its root directory behind it: not that of an image in a file.</summary>
    private static bool IsSession(BlockSource source, long sector, out long end)
    {
        end = 0;
        long address = (sector + DescriptorSector) * VolumeDescriptor.Length;
        if (address > source.Length - VolumeDescriptor.Length)
        {
            return false;
        }

        try
        {
            Span<byte> bytes = stackalloc byte[VolumeDescriptor.Length];
            source.ReadAt(address, bytes[..VolumeDescriptor.HeaderLength]);
            var header = new VolumeDescriptor(bytes);
            if (!header.IsIso9660 || header.Type != VolumeDescriptorType.Primary)
            {
                return false;
            }

            source.ReadAt(address, bytes);
            var volume = new PrimaryVolumeDescriptor(bytes);
            long size = (long)volume.VolumeSpaceSize * volume.LogicalBlockSize / VolumeDescriptor.Length;
            end = sector + Math.Max(size, DescriptorSector + 1);
            return volume.LocationOfRoot * volume.LogicalBlockSize > address;
        }
        catch (TruncatedImageException)
        {
            return false;
        }
    }
}
