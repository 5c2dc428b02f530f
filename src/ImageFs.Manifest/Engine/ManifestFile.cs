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

    private ManifestFile(MemoryFolder folder, FileDescriptor file)
    {
        _folder = folder;
        Descriptor = file;
    }

    /// <summary>The file, open for reading and writing.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Makes a file with nothing in it.</summary>
    /// <exception cref="LinuxException">This user may not mount.</exception>
    public static ManifestFile Create()
    {
        var folder = MemoryFolder.Create();
        try
        {
            return new ManifestFile(folder, folder.MakeFile(FileName));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Makes a file, and writes a manifest into it.</summary>
    /// <exception cref="NotRepresentableException">There are files that EROFS cannot tell where they lie.</exception>
    /// <exception cref="ImageException">The tree is damaged.</exception>
    /// <exception cref="LinuxException">The device failed, or this user may not mount.</exception>
    public static ManifestFile Write(FileSystem tree, ManifestOptions options, out ManifestSummary summary)
    {
        var file = Create();
        try
        {
            summary = file.Write(tree, options);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a manifest into it.</summary>
    /// <returns>What it turned out as.</returns>
    /// <exception cref="NotRepresentableException">There are files that EROFS cannot tell where they lie.</exception>
    /// <exception cref="ImageException">The tree is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public ManifestSummary Write(FileSystem tree, ManifestOptions options)
    {
        using var handle = new SafeFileHandle(Descriptor.Number, ownsHandle: false);
        using var stream = new FileStream(handle, FileAccess.Write, BufferLength);
        return ManifestWriter.Write(tree, stream, options);
    }

    /// <summary>Writes more behind its end.</summary>
    /// <exception cref="LinuxException">There is no memory for it.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long offset) => FileWriting.Write(Descriptor, bytes, offset);

    /// <summary>Writes what is in another file.</summary>
    /// <param name="file">The other file.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="LinuxException">It cannot be read, or has fewer, or there is no memory for it.</exception>
    public void WriteCopy(FileDescriptor file, long length)
    {
        byte[] buffer = new byte[Math.Min(BufferLength, length)];
        for (long offset = 0; offset < length;)
        {
            int count = Files.Read(file, buffer, offset, out Errno errno);
            if (count <= 0)
            {
                throw new LinuxException("pread", count < 0 ? errno : Errno.EIO, FileName);
            }

            Write(buffer.AsSpan(0, count), offset);
            offset += count;
        }
    }

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
        using LoopDevice? loop = asDevice ? LoopDevice.Attach(Descriptor) : null;
        string path = loop?.Path ?? $"/proc/self/fd/{Descriptor.Number}";
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
        Descriptor.Dispose();
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
