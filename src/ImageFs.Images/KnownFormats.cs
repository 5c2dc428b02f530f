using ImageFs.FileSystems;
using ImageFs.FileSystems.Foreign;
using ImageFs.Images.Headers;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Volumes;

namespace ImageFs.Images;

/// <summary>Everything that an image can be and the program knows: what it reads, and what it tells by name.</summary>
public static class KnownFormats
{
    /// <summary>File systems, in the order in which they are tried.</summary>
    public static IReadOnlyList<FileSystemFormat> FileSystems => FileSystemFormats.All;

    /// <summary>What a disk is kept in, in the order in which they are tried.</summary>
    public static IReadOnlyList<ContainerFormat> Containers { get; } = [.. ContainerFormats.All, .. HeaderedFormat.All];

    /// <summary>What divides disks into volumes, in the order in which they are tried.</summary>
    public static IReadOnlyList<VolumeFormat> Volumes => VolumeFormats.All;

    /// <summary>What is recognised but not read.</summary>
    public static IReadOnlyList<ForeignFormat> Foreign => ForeignFormats.All;

    /// <summary>All of them.</summary>
    public static IEnumerable<Format> All => [.. FileSystems, .. Containers, .. Volumes, .. Foreign];

    /// <summary>Refuses options that no layer has taken, and says of which formats they are.</summary>
    /// <param name="options">What is left of them.</param>
    /// <exception cref="OptionException">Options are left.</exception>
    public static void RefuseRest(OptionList options)
    {
        foreach (string name in options.Names)
        {
            string[] takers = [.. All.Where(format => format.Options.Any(option => option.Name == name)).Select(format => format.Name)];
            if (takers.Length > 0)
            {
                throw new OptionException(name, $"nothing here takes it; it is one of {string.Join(", ", takers)}");
            }
        }

        options.RefuseRest();
    }
}
