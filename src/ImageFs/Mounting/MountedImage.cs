using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;

namespace ImageFs.Mounting;

/// <summary>An image that is mounted, by a server of this program or by Linux itself.</summary>
/// <param name="Directory">Where.</param>
/// <param name="Image">Its path or address, as the list of mounts shows it.</param>
/// <param name="Engine">Who serves it.</param>
internal sealed record MountedImage(string Directory, string Image, Engine Engine)
{
    private const string FuseType = "fuse.imagefs";
    private const string KernelType = "erofs";

    /// <summary>All of this process's mount namespace, in the order in which they were mounted.</summary>
    internal static IEnumerable<MountedImage> All() => Mounts.All().Select(Of).OfType<MountedImage>();

    /// <summary>What is mounted on a directory, on top; null where that is nothing of this program.</summary>
    /// <param name="directory">An absolute path without symbolic links.</param>
    internal static MountedImage? At(string directory) =>
        Mounts.All().LastOrDefault(place => place.Directory == directory) is { } place ? Of(place) : null;

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
    }

    private static MountedImage? Of(MountedPlace place) => place switch
    {
        { Type: FuseType } => new MountedImage(place.Directory, place.Source, Engine.Fuse),
        { Type: KernelType } when place.Source.StartsWith(EngineRequest.SourcePrefix, StringComparison.Ordinal) =>
            new MountedImage(place.Directory, place.Source[EngineRequest.SourcePrefix.Length..], Engine.Kernel),
        _ => null,
    };
}
