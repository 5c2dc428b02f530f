using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;
using Microsoft.Win32.SafeHandles;

namespace ImageFs.Manifest.Engine;

/// <summary>A manifest in memory, at no place: it ends with the mount of it, and with this process if there is none.</summary>
internal sealed class ManifestFile : IDisposable
{
    private const string FileName = "manifest";
    private const int BufferLength = 1 << 20;

    private readonly MemoryFolder _folder;
    private readonly FileDescriptor _file;

    private ManifestFile(MemoryFolder folder, FileDescriptor file, ManifestSummary summary)
    {
        _folder = folder;
        _file = file;
        Summary = summary;
    }

    /// <summary>What it turned out as.</summary>
    public ManifestSummary Summary { get; }

    /// <summary>Writes one.</summary>
    /// <exception cref="NotRepresentableException">There are files that EROFS cannot tell where they lie.</exception>
    /// <exception cref="ImageException">The tree is damaged.</exception>
    /// <exception cref="LinuxException">The device failed, or this user may not mount.</exception>
    public static ManifestFile Write(FileSystem tree, ManifestOptions options)
    {
        var folder = MemoryFolder.Create();
        FileDescriptor? file = null;
        try
        {
            file = folder.MakeFile(FileName);
            using var handle = new SafeFileHandle(file.Number, ownsHandle: false);
            using var stream = new FileStream(handle, FileAccess.Write, BufferLength);
            return new ManifestFile(folder, file, ManifestWriter.Write(tree, stream, options));
        }
        catch
        {
            file?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Writes more behind its end.</summary>
    /// <exception cref="LinuxException">There is no memory for it.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long offset) => FileWriting.Write(_file, bytes, offset);

    /// <summary>Makes a mount of it, at no place yet.</summary>
    /// <param name="name">
    /// What /proc/mounts shows as its source: this process's working directory is another meanwhile. Null for a mount that nobody sees.
    /// </param>
    /// <param name="devices">The paths of its devices, in the order of its table.</param>
    /// <param name="asDevice">Whether Linux is to have it as a loop device: devices that are no files want that.</param>
    /// <param name="request">How.</param>
    /// <returns>The root directory of the mount.</returns>
    /// <exception cref="LinuxException">Linux does not mount it.</exception>
    public FileDescriptor Mount(string? name, IReadOnlyList<string> devices, bool asDevice, EngineRequest request)
    {
        using LoopDevice? loop = asDevice ? LoopDevice.Attach(_file) : null;
        string path = loop?.Path ?? $"/proc/self/fd/{_file.Number}";
        if (name is null)
        {
            return Mount(path, devices, request);
        }

        FileDescriptor? mount = null;
        _folder.MakeLink(name, path);
        _folder.Inside(() => mount = Mount(name, devices, request));
        return mount!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    private static FileDescriptor Mount(string source, IReadOnlyList<string> devices, EngineRequest request)
    {
        using var context = MountContext.Open("erofs");
        context.Set("source", source);
        context.Set("ro");
        foreach (string device in devices)
        {
            context.Set("device", device);
        }

        if (request.BypassesCache)
        {
            context.Set("directio");
        }

        foreach ((string option, string value) in request.SecurityContexts)
        {
            context.Set(option, value);
        }

        return context.Mount(request.Flags | MountFlags.ReadOnly);
    }
}
