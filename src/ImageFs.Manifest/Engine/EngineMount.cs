using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest.Engine;

/// <summary>
/// A tree that Linux mounts by itself: its manifest is written into memory, and the kernel's EROFS reads names from there and bytes from the
/// image. Nothing stays running. What takes rights is <see cref="Begin"/>, and who mounts in the end, which may be another process
/// (<see cref="EngineMounter"/>): the tree can be read without any.
/// </summary>
public sealed class EngineMount : IDisposable
{
    private readonly ManifestFile _manifest;

    private EngineMount(EngineRequest request, EngineWay way, ManifestFile manifest)
    {
        Request = request;
        Way = way;
        _manifest = manifest;
    }

    /// <summary>How it is to be mounted.</summary>
    public EngineRequest Request { get; }

    /// <summary>How Linux may be given files here.</summary>
    public EngineWay Way { get; }

    /// <summary>Finds out whether Linux mounts such trees here, and makes the file that the manifest is written into.</summary>
    /// <param name="request">How it is to be mounted.</param>
    /// <exception cref="EngineException">It does not work here.</exception>
    public static EngineMount Begin(EngineRequest request)
    {
        EngineWay way = EngineProbe.Run();
        try
        {
            return new EngineMount(request, way, ManifestFile.Create());
        }
        catch (LinuxException e)
        {
            throw EngineProbe.Explain(e);
        }
    }

    /// <summary>Reads a tree, and writes its manifest.</summary>
    /// <param name="tree">The tree: all of it is read.</param>
    /// <returns>What the manifest turned out as.</returns>
    /// <exception cref="EngineException">Linux cannot mount such a tree.</exception>
    /// <exception cref="NotRepresentableException">There are files that Linux cannot read where they lie, and too many of them to be copied.</exception>
    /// <exception cref="ImageException">The tree is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public ManifestSummary Read(FileSystem tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return tree.MayChange ? throw new EngineException("what it shows may change while it is mounted") : _manifest.Write(tree, Request.Manifest);
    }

    /// <summary>Mounts what was read.</summary>
    /// <param name="summary">What the manifest turned out as.</param>
    /// <param name="directory">The directory, absolute.</param>
    /// <exception cref="EngineException">Linux refuses.</exception>
    public void MountOn(ManifestSummary summary, string directory) =>
        MountBy(summary, (_, devices) => EngineMounter.Mount(_manifest, devices, Way, Request, directory));

    /// <summary>Has somebody mount what was read: block devices are not held by this process meanwhile, because Linux wants them for itself alone.</summary>
    /// <param name="summary">What the manifest turned out as.</param>
    /// <param name="mount">Takes the manifest and its devices, all open for reading.</param>
    /// <exception cref="LinuxException">A device cannot be let go of.</exception>
    public void MountBy(ManifestSummary summary, Action<FileDescriptor, IReadOnlyList<FileDescriptor>> mount)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(mount);
        try
        {
            foreach (FileDevice device in summary.Devices)
            {
                device.LetGo();
            }

            mount(_manifest.Descriptor, [.. summary.Devices.Select(device => device.Descriptor)]);
        }
        catch
        {
            foreach (FileDevice device in summary.Devices)
            {
                device.Hold();
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _manifest.Dispose();
}
