using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Finds where the volume descriptors of a session are.</summary>
internal static class SessionFinder
{
    /// <summary>Address of the system area in front of the volume descriptors that the options ask for.</summary>
    /// <exception cref="MountOptionException">The image has no such session.</exception>
    public static long FindStart(BlockSource source, Iso9660Options options)
    {
        if (options.DescriptorSector is uint sector)
        {
            return (long)sector * VolumeDescriptor.Length;
        }

        return options.Session is null or 0
            ? 0
            : throw new MountOptionException(
                $"session={options.Session}", $"an image of {source.Length} bytes has no table of its sessions; use sbsector=");
    }
}
