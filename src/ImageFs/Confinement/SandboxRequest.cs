using ImageFs.Images;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Confinement;

/// <summary>What a process is about to do with images, before it gives up its rights.</summary>
internal sealed record SandboxRequest
{
    /// <summary>The options, none taken.</summary>
    internal required OptionList Options { get; init; }

    /// <summary>Paths of image files, and of folders of images where <see cref="IsTree"/> is set; none of images on servers.</summary>
    internal required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Further files that are read.</summary>
    internal IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether the paths are folders of images, which are opened later.</summary>
    internal bool IsTree { get; init; }

    /// <summary>Whether a folder of images has more in it than was looked through for links to files elsewhere.</summary>
    internal bool MayHaveLinks { get; init; }

    /// <summary>Whether an image is on a server.</summary>
    internal bool HasRemote { get; init; }

    /// <summary>Whether requests may come by io_uring, by rings that are made already.</summary>
    internal bool HasRings { get; init; }

    /// <summary>The user whose images of a folder are read; null for those of all.</summary>
    internal uint? Owner { get; init; }

    /// <summary>Whether other processes are to read the images, and get them as open files.</summary>
    internal bool HasReaders { get; init; }

    /// <summary>The socket that open files are handed over by; null for none.</summary>
    internal Linux.FileDescriptor? Sender { get; init; }

    /// <summary>The folder that files are copied to; null for none.</summary>
    internal string? Target { get; init; }

    /// <summary>What is kept of files that are copied there.</summary>
    internal Preserved Keeps { get; init; }

    /// <summary>What opening images takes.</summary>
    /// <param name="images">Where they are.</param>
    /// <param name="options">The options, none taken.</param>
    /// <exception cref="ImageException">A location is none.</exception>
    internal static SandboxRequest Of(IEnumerable<string> images, OptionList options)
    {
        OptionList words = options.Copy();
        string[] further = [.. words.TakeValues(ImageStack.DeviceOption), .. words.TakeValues("header")];
        List<ImageLocation> locations = [.. images.Select(ImageLocation.Parse)];
        locations.AddRange(Array.ConvertAll(further, ImageLocation.Parse).Where(location => !location.IsPath || Linux.Paths.IsFile(location.Outer)));
        return new SandboxRequest
        {
            Options = options,
            Paths = locations.FindAll(location => location.IsPath).ConvertAll(location => location.Outer),
            Files = [.. locations.FindAll(location => !location.IsPath).SelectMany(FilesOf)],
            HasRemote = locations.Exists(location => !location.IsPath),
        };
    }

    private static IEnumerable<string> FilesOf(ImageLocation location) =>
        LocationScheme.All.Where(scheme => scheme.Names.Contains(location.Scheme)).SelectMany(scheme => scheme.FindFiles(location.Outer));
}
