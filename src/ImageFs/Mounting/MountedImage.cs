using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;

namespace ImageFs.Mounting;

/// <summary>An image that is mounted, by a server of this program or by Linux itself.</summary>
/// <param name="Directory">Where.</param>
/// <param name="Image">Its path or address, as the list of mounts shows it.</param>
/// <param name="Engine">Who serves it.</param>
/// <param name="IsMade">Whether the directory was made for the mount, and nobody but who unmounts it can take it away.</param>
internal sealed record MountedImage(string Directory, string Image, Engine Engine, bool IsMade)
{
    // Before an image that Linux mounts by itself: no server will remember. A path begins otherwise, and so does an address.
    private const string MadeMark = "made:";

    private const string FuseType = "fuse.imagefs";
    private const string KernelType = "erofs";

    /// <summary>Who serves it, by the name that <c>engine=</c> has for it.</summary>
    internal string EngineName => Engine == Engine.Kernel ? "kernel" : "fuse";

    /// <summary>All of this process's mount namespace, in the order in which they were mounted.</summary>
    internal static IEnumerable<MountedImage> All() => Mounts.All().Select(Of).OfType<MountedImage>();

    /// <summary>What is mounted on a directory, on top; null where that is nothing of this program.</summary>
    /// <param name="directory">An absolute path without symbolic links.</param>
    internal static MountedImage? At(string directory) =>
        Mounts.All().LastOrDefault(place => place.Directory == directory) is { } place ? Of(place) : null;

    /// <summary>The source of what Linux mounts by itself, behind the program's own mark.</summary>
    /// <param name="image">The image.</param>
    /// <param name="isMade">Whether the directory was made for the mount.</param>
    internal static string SourceOf(string image, bool isMade) => isMade ? $"{MadeMark}{image}" : image;

    /// <summary>Where an image is mounted.</summary>
    /// <param name="image">Its path or address, as given.</param>
    internal static IEnumerable<MountedImage> Of(string image)
    {
        string full = Paths.Full(image);
        string[] names = [image, full, Paths.Resolve(full) ?? full];
        return All().Where(mount => names.Contains(mount.Image));
    }

    /// <summary>Unmounts what Linux mounts by itself.</summary>
    /// <param name="lazy">Whether to take it away now, and end it when nobody uses it.</param>
    /// <exception cref="FuseMountException">It cannot be unmounted.</exception>
    internal void UnmountFromKernel(bool lazy)
    {
        if (!Processes.IsRoot)
        {
            throw new FuseMountException($"{Directory}: Linux mounts it by itself (-o engine=kernel), and only root may unmount it", isPermission: true);
        }

        FuseUnmount.Run(Directory, lazy);
        _ = IsMade ? FileWriting.TryRemoveFolder(Directory) : Errno.None;
    }

    private static MountedImage? Of(MountedPlace place)
    {
        if (place.Type == FuseType)
        {
            return new MountedImage(place.Directory, place.Source, Engine.Fuse, IsMade: false);
        }

        if (place.Type != KernelType || !place.Source.StartsWith(EngineRequest.SourcePrefix, StringComparison.Ordinal))
        {
            return null;
        }

        string image = place.Source[EngineRequest.SourcePrefix.Length..];
        bool isMade = image.StartsWith(MadeMark, StringComparison.Ordinal);
        return new MountedImage(place.Directory, isMade ? image[MadeMark.Length..] : image, Engine.Kernel, isMade);
    }
}
