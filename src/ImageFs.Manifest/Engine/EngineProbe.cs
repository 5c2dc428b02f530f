using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Manifest.Engine;

/// <summary>How Linux may be given files here.</summary>
public enum EngineWay
{
    /// <summary>As they are (Linux 6.12).</summary>
    Files,

    /// <summary>As loop devices: an older kernel, or one that gives zeros where a file has ended.</summary>
    Loops,
}

/// <summary>Finds out, by a mount of one small file, whether this kernel mounts a manifest and how.</summary>
public static class EngineProbe
{
    private const int Length = 8192;
    private const int LeftLength = 4096;
    private const string DataName = "data";

    private static readonly EngineRequest s_request = new("probe") { Manifest = new ManifestOptions { CopyLimit = 0 } };

    /// <summary>Tries it.</summary>
    /// <exception cref="EngineException">It does not work here.</exception>
    public static EngineWay Run()
    {
        try
        {
            return Try();
        }
        catch (LinuxException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>What an error on the way to a mount means for the user.</summary>
    internal static EngineException Explain(LinuxException e) => e switch
    {
        { Errno: Errno.EPERM } => new EngineException("only root may have Linux mount an image by itself, and not in a user namespace (CAP_SYS_ADMIN)", e),
        { Errno: Errno.ENODEV, Call: "fsopen" } => new EngineException("this kernel has no EROFS (modprobe erofs)", e),
        { Errno: Errno.ENOSYS } => new EngineException("this kernel is too old: mounting by fsopen(2) came with Linux 5.2", e),
        { Errno: Errno.EBUSY } => new EngineException("the device is in use elsewhere, and Linux wants it for itself alone", e),
        _ => new EngineException(e.Message, e),
    };

    private static EngineWay Try()
    {
        using var folder = MemoryFolder.Create();
        using FileDescriptor data = folder.MakeFile(DataName);
        FileWriting.SetLength(data, Length);
        using var device = FileDevice.Take(DataName, Files.Duplicate(data.Number));
        using ManifestFile manifest = ManifestFile.Write(new ProbeTree(device), s_request.Manifest, out _);

        // A file that ends too early: before Linux 6.19 and its kin some filled what is missing with zeros.
        FileWriting.SetLength(data, LeftLength);
        try
        {
            using FileDescriptor root = manifest.Mount(null, [$"/proc/self/fd/{data.Number}"], asDevice: false, s_request);
            using FileDescriptor? file = Files.TryOpenBeneath(root, ByteText.FromBytes(ProbeTree.Name), OpenFlags.ReadOnly, out Errno errno);
            return file is null ? throw new LinuxException("openat2", errno, "a file of a trial mount")
                : Files.Read(file, stackalloc byte[1], LeftLength, out _) < 0 ? EngineWay.Files : EngineWay.Loops;
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOTBLK)
        {
            return EngineWay.Loops;
        }
    }
}
