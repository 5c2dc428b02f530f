using ImageFs.FileSystems.Discs;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>The session that is shown, and where it lies on its disc.</summary>
internal static class Sessions
{
    // After a session of a CD: lead-out and lead-in take 11,400 sectors, pregap and padding some more.
    private const int MaxGap = 16 * 1024;

    private const int DescriptorSector = 16;

    /// <summary>Address of the system area of the session that is shown unless another is asked for: the last one where a table tells.</summary>
    public static long FindDefault(BlockSource source) => source.Find<SessionTable>()?.Default ?? 0;

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

        if (source.Find<SessionTable>() is { } table)
        {
            return (session < table.Starts.Count ? table.Starts[(int)session] : null)
                ?? throw new OptionException($"session={session}", $"the disc has {table.Starts.Count}, and there is no data in that one");
        }

        uint index = 0;
        foreach (long start in DescriptorSessions.Find(source))
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

        // It begins a sector at least, whatever the blocks; and the session begins on its disc, wherever the image does.
        long first = start + ((DescriptorSector + 1) * VolumeDescriptor.Length);
        long end = Math.Min(first + ((long)MaxGap * VolumeDescriptor.Length), Math.Min(source.Length, root + start + 1));
        for (long address = first; address < end; address += volume.LogicalBlockSize)
        {
            if (IsRoot(source, address, block))
            {
                return root - address;
            }
        }

        return 0;
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
}
