using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Finds the sessions of a disc. The table that tells of them is outside of the data: a drive and the sheet of an image have it. Of an
/// image of the data alone, the volume descriptors of each session are looked for beyond the end of the one before.
/// </summary>
internal static class Sessions
{
    // On media that can be overwritten, libisofs has the descriptors of the last session at 0, and the first session here.
    private const long FirstEmulatedSector = 32;

    // After a session of a CD: lead-out and lead-in take 11,400 sectors, pregap and padding some more.
    private const int MaxGap = 16 * 1024;

    private const int DescriptorSector = 16;

    /// <summary>Address of the system area of the session that is shown unless another is asked for: the last one where a table tells.</summary>
    public static long FindDefault(BlockSource source) => SessionTable.Find(source)?.Default ?? 0;

    /// <summary>Address of the system area in front of the volume descriptors that the options ask for.</summary>
    /// <exception cref="OptionException">The image has no such session.</exception>
    public static long FindStart(BlockSource source, Iso9660Options options)
    {
        if (options.DescriptorSector is uint sector)
        {
            // Of a session that is an image of its own, that is where it was on the disc.
            return IsBehindImage(source, sector) ? 0 : (long)sector * VolumeDescriptor.Length;
        }

        if (options.Session is not uint session)
        {
            return FindDefault(source);
        }

        if (SessionTable.Find(source) is { } table)
        {
            return (session < table.Starts.Count ? table.Starts[(int)session] : null)
                ?? throw new OptionException($"session={session}", $"the disc has {table.Starts.Count}, and there is no data in that one");
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
        return index == 0 ? 0 : throw new OptionException(
            $"session={session}", $"the image has {index} that can be found; sbsector= takes the sector that one begins at");
    }

    /// <summary>
    /// Where an image begins on its disc, in bytes: 0, unless it is one of a later session alone. The options tell; or the root directory,
    /// which has its own address in its first record (ECMA-119 6.8.2.2) and is somewhere after the volume descriptors.
    /// </summary>
    /// <param name="source">The image.</param>
    /// <param name="start">Address of the session's system area in it.</param>
    /// <param name="options">The mount options.</param>
    public static long FindShift(BlockSource source, long start, Iso9660Options options)
    {
        if (options.Shift is uint shift)
        {
            return (long)shift * VolumeDescriptor.Length;
        }

        if (options.DescriptorSector is uint sector && IsBehindImage(source, sector))
        {
            return (long)sector * VolumeDescriptor.Length;
        }

        var descriptors = VolumeDescriptorSet.Read(source, start);
        if ((descriptors.Primary ?? descriptors.Joliet) is not { } descriptor || descriptor.Volume.LogicalBlockSize is not (512 or 1024 or 2048))
        {
            return 0;
        }

        PrimaryVolumeDescriptor volume = descriptor.Volume;
        long block = volume.LocationOfRoot;
        long root = block * volume.LogicalBlockSize;
        if (IsRoot(source, root, block))
        {
            return 0;
        }

        // It begins a sector at least, whatever the blocks.
        long first = start + ((DescriptorSector + 1) * VolumeDescriptor.Length);
        for (long address = first; address < first + ((long)MaxGap * VolumeDescriptor.Length) && address < source.Length; address += volume.LogicalBlockSize)
        {
            if (IsRoot(source, address, block))
            {
                return root - address;
            }
        }

        return 0;
    }

    /// <summary>How many sessions there are.</summary>
    public static long Count(BlockSource source) => SessionTable.Find(source)?.Starts.Count ?? Math.Max(1, Find(source).LongCount());

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

    private static bool IsBehindImage(BlockSource source, uint sector) => (long)sector * VolumeDescriptor.Length >= source.Length;

    // The record that a directory has of itself, with its own address.
    private static bool IsRoot(BlockSource source, long address, long block)
    {
        if (address < 0 || address > source.Length - DirectoryRecord.MaxLength)
        {
            return false;
        }

        try
        {
            Span<byte> bytes = stackalloc byte[DirectoryRecord.MaxLength];
            source.ReadAt(address, bytes);
            bytes = bytes[..bytes[0]];
            return DirectoryRecord.FindProblem(bytes) is null && new DirectoryRecord(bytes) is { IsSelf: true } record && record.LocationOfData == block;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    /// <summary>Whether there is a primary volume descriptor with its root directory after it: not that of an image in a file.</summary>
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
