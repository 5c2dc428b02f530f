using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs;

/// <summary>The layers of an image, opened from the bottom up: the device, its partition table, the file system on it.</summary>
internal sealed class ImageStack : IDisposable
{
    private readonly Action<string> _warn;

    private ImageStack(BlockDevice device, Action<string> warn)
    {
        Device = device;
        _warn = warn;
    }

    /// <summary>The image file or block device.</summary>
    internal BlockDevice Device { get; }

    /// <summary>Opens an image or a device; nothing in it is looked at yet.</summary>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    internal static ImageStack Open(string path, Action<string> warn) => new(BlockDevice.Open(path), warn);

    /// <summary>Opens the file system that the image is, as a whole.</summary>
    /// <param name="options">Mount options, of which the format takes its own; <c>fs=</c> chooses the format.</param>
    /// <exception cref="ImageException">No format is recognised, or the file system is damaged.</exception>
    /// <exception cref="MountOptionException">An option's value is no good.</exception>
    internal FileSystem OpenFileSystem(MountOptions options)
    {
        string? wanted = options.TakeValue("fs");
        FileSystemFormat? format = wanted is null ? FindFormat() : NamedFormat(wanted);
        return (format ?? throw Unrecognised()).Open(Device, options, _warn);
    }

    /// <summary>The format of the image as a whole; null when none is recognised.</summary>
    internal FileSystemFormat? FindFormat() => FileSystemFormats.All.FirstOrDefault(format => format.Probe(Device));

    /// <summary>The partition table; null when there is none.</summary>
    internal PartitionTable? ReadPartitionTable() => PartitionTable.Read(Device, _warn);

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();

    private static FileSystemFormat NamedFormat(string name) =>
        FileSystemFormats.All.FirstOrDefault(format => format.IsNamed(name))
        ?? throw new MountOptionException($"fs={name}", $"the formats are {string.Join(", ", FileSystemFormats.All.Select(format => format.Name))}");

    private UnsupportedFeatureException Unrecognised()
    {
        string formats = string.Join(", ", FileSystemFormats.All.Select(format => format.Name));
        if (Device.Length == 0)
        {
            return new UnsupportedFeatureException("an empty image is");
        }

        return ReadPartitionTable() is { } table
            ? new UnsupportedFeatureException($"a disk with {table.Partitions.Count} partitions ({table.Kind}) and no file system of its own (known: {formats}) is")
            : new UnsupportedFeatureException($"what is in it is no file system that is known ({formats}) and is");
    }
}
