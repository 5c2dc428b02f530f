using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest.Engine;

/// <summary>
/// A tree that Linux mounts by itself: its manifest is written into memory, and the kernel's EROFS reads names from there and bytes from the
/// image. Nothing stays running. What ends before <see cref="MountOn"/> returns leaves nothing behind.
/// </summary>
public sealed class EngineMount : IDisposable
{
    private readonly EngineRequest _request;
    private readonly ManifestFile _manifest;
    private readonly EngineWay _way;
    private readonly bool _isOnBlockDevices;
    private readonly List<FileDescriptor> _files = [];
    private readonly List<string> _paths = [];

    private EngineMount(EngineRequest request, ManifestFile manifest, EngineWay way)
    {
        _request = request;
        _manifest = manifest;
        _way = way;
        IReadOnlyList<FileDevice> devices = manifest.Summary.Devices;
        _isOnBlockDevices = devices.Any(device => device.IsBlockDevice);
        if (_isOnBlockDevices && devices.Any(device => !device.IsBlockDevice))
        {
            throw new EngineException("its files lie on block devices and in image files, and Linux takes only one of these");
        }

        foreach (FileDevice device in devices)
        {
            if (!_isOnBlockDevices)
            {
                _files.Add(Files.Duplicate(device.Descriptor.Number));
            }

            _paths.Add(_isOnBlockDevices ? device.Name : $"/proc/self/fd/{_files[^1].Number}");
        }
    }

    /// <summary>What the manifest turned out as.</summary>
    public ManifestSummary Summary => _manifest.Summary;

    /// <summary>Whether the image has to be closed before it is mounted: a block device that this process has for itself alone.</summary>
    public bool NeedsDevices => _isOnBlockDevices;

    /// <summary>Reads a tree, and makes all ready.</summary>
    /// <param name="tree">The tree: all of it is read.</param>
    /// <param name="request">How it is to be mounted.</param>
    /// <exception cref="EngineException">It does not work here.</exception>
    /// <exception cref="NotRepresentableException">There are files that Linux cannot read where they lie, and too many of them to be copied.</exception>
    /// <exception cref="ImageException">The tree is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static EngineMount Prepare(FileSystem tree, EngineRequest request)
    {
        if (tree.MayChange)
        {
            throw new EngineException("what it shows may change while it is mounted");
        }

        EngineWay way = EngineProbe.Run();
        ManifestFile manifest = ManifestFile.Write(tree, request.Manifest);
        try
        {
            return new EngineMount(request, manifest, way);
        }
        catch
        {
            manifest.Dispose();
            throw;
        }
    }

    /// <summary>Mounts it.</summary>
    /// <param name="directory">The directory, absolute.</param>
    /// <exception cref="EngineException">Linux refuses.</exception>
    public void MountOn(string directory)
    {
        var loops = new List<LoopDevice>();
        try
        {
            bool takesLoops = !_isOnBlockDevices && _way == EngineWay.Loops;
            foreach (FileDescriptor file in takesLoops ? _files : [])
            {
                loops.Add(LoopDevice.Attach(file));
            }

            string source = $"{EngineRequest.SourcePrefix}{_request.Source}";
            using FileDescriptor mount = _manifest.Mount(source, takesLoops ? [.. loops.Select(loop => loop.Path)] : _paths, _isOnBlockDevices || takesLoops, _request);
            MountContext.Move(mount, directory);
        }
        catch (LinuxException e)
        {
            throw EngineProbe.Explain(e);
        }
        finally
        {
            loops.ForEach(loop => loop.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _manifest.Dispose();
    }
}
