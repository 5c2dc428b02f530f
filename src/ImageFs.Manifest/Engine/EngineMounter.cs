using ImageFs.Linux;

namespace ImageFs.Manifest.Engine;

/// <summary>
/// Mounts a manifest that somebody else has written, who need not be believed: what is in it is the kernel's to check, and only what its writer has
/// open for reading becomes a device of it. What ends before the mount has its place leaves nothing behind.
/// </summary>
public static class EngineMounter
{
    /// <summary>Devices at most.</summary>
    public const int MaxDevices = DeviceTable.MaxCount;

    // Without the files that are copied into it: some thirty million names.
    private const long MaxLength = 4L << 30;

    /// <summary>Mounts a copy of a manifest: who has written it may have it open, and write to it still.</summary>
    /// <param name="manifest">The manifest, open for reading.</param>
    /// <param name="devices">Its devices in the order of its table, open for reading: image files, or block devices.</param>
    /// <param name="way">How Linux may be given files here.</param>
    /// <param name="request">How.</param>
    /// <param name="directory">The directory, absolute.</param>
    /// <exception cref="EngineException">Linux refuses, or these are none.</exception>
    /// <exception cref="LinuxException">The manifest cannot be read, or there is no memory for it.</exception>
    public static void MountCopy(FileDescriptor manifest, IReadOnlyList<FileDescriptor> devices, EngineWay way, EngineRequest request, string directory)
    {
        ArgumentNullException.ThrowIfNull(request);
        FileStatus status = Files.Status(manifest);
        if (!status.IsRegular || status.Size - MaxLength > request.Manifest.CopyLimit)
        {
            throw new EngineException("its manifest is too long, or none");
        }

        using ManifestFile copy = ManifestFile.Create();
        copy.WriteCopy(manifest, status.Size);
        Mount(copy, devices, way, request, directory);
    }

    /// <summary>Mounts a manifest.</summary>
    /// <exception cref="EngineException">Linux refuses, or a device is none.</exception>
    internal static void Mount(ManifestFile manifest, IReadOnlyList<FileDescriptor> devices, EngineWay way, EngineRequest request, string directory)
    {
        bool isOnBlockDevices = AreBlockDevices(devices);
        bool takesLoops = !isOnBlockDevices && way == EngineWay.Loops;
        var loops = new List<LoopDevice>();
        try
        {
            foreach (FileDescriptor file in takesLoops ? devices : [])
            {
                loops.Add(LoopDevice.Attach(file));
            }

            string[] paths = [.. takesLoops ? loops.Select(loop => loop.Path) : devices.Select(device => $"/proc/self/fd/{device.Number}")];
            using FileDescriptor mount = manifest.Mount($"{EngineRequest.SourcePrefix}{request.Source}", paths, isOnBlockDevices || takesLoops, request);
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

    private static bool AreBlockDevices(IReadOnlyList<FileDescriptor> devices)
    {
        FileStatus[] all = [.. devices.Select(Files.Status)];
        if (!devices.All(Files.IsReadable) || !all.All(status => status.IsBlockDevice || status is { IsRegular: true, Size: > 0 }))
        {
            throw new EngineException("what its files are said to lie on is no image");
        }

        bool areBlockDevices = all.Any(status => status.IsBlockDevice);
        return areBlockDevices && !all.All(status => status.IsBlockDevice)
            ? throw new EngineException("its files lie on block devices and in image files, and Linux takes only one of these")
            : areBlockDevices;
    }
}
