using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A folder in memory that is at no place (a ramfs that was not moved anywhere): no other process finds it by a name, and it ends with the last
/// that has it or a file of it in use.
/// </summary>
public sealed unsafe class MemoryFolder : IDisposable
{
    private const ushort FolderPermissions = 0x1C0; // rwx------
    private const ushort FilePermissions = 0x180; // rw-------

    private readonly FileDescriptor _root;

    private MemoryFolder(FileDescriptor root) => _root = root;

    /// <summary>Makes one.</summary>
    /// <exception cref="LinuxException">This user may not (EPERM).</exception>
    public static MemoryFolder Create()
    {
        using var context = MountContext.Open("ramfs");
        return new MemoryFolder(context.Mount(MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec));
    }

    /// <summary>Makes a file, and the folders on the way to it.</summary>
    /// <param name="path">Its path from there.</param>
    /// <returns>The file, open for reading and writing.</returns>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public FileDescriptor MakeFile(string path)
    {
        MakeFolders(path);
        using var name = new NativeText(path);
        using DescriptorInUse root = _root.Use();
        int number = openat(root.Number, name.Start, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FilePermissions);
        return number < 0 ? throw LinuxException.Last("openat", path) : new FileDescriptor(number);
    }

    /// <summary>Makes a symbolic link, and the folders on the way to it.</summary>
    /// <param name="path">Its path from there.</param>
    /// <param name="target">Where it leads.</param>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public void MakeLink(string path, string target)
    {
        MakeFolders(path);
        using var name = new NativeText(path);
        using var content = new NativeText(target);
        using DescriptorInUse root = _root.Use();
        if (symlinkat(content.Start, root.Number, name.Start) < 0)
        {
            throw LinuxException.Last("symlinkat", path);
        }
    }

    /// <summary>Does something with this as the working directory of the process: paths that do not begin with a slash lead from here.</summary>
    /// <param name="action">What is done; no other thread uses such a path meanwhile.</param>
    /// <exception cref="LinuxException">The working directory cannot be left or come back to.</exception>
    public void Inside(Action action)
    {
        using FileDescriptor before = Files.Open(".", OpenFlags.Path);
        Enter(_root);
        try
        {
            action();
        }
        finally
        {
            Enter(before);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private static void Enter(FileDescriptor folder)
    {
        using DescriptorInUse use = folder.Use();
        if (fchdir(use.Number) < 0)
        {
            throw LinuxException.Last("fchdir");
        }
    }

    private void MakeFolders(string path)
    {
        using DescriptorInUse root = _root.Use();
        for (int end = path.IndexOf('/', 1); end > 0; end = path.IndexOf('/', end + 1))
        {
            using var name = new NativeText(path[..end]);
            if (mkdirat(root.Number, name.Start, FolderPermissions) < 0 && LinuxException.LastError != Errno.EEXIST)
            {
                throw LinuxException.Last("mkdirat", path[..end]);
            }
        }
    }
}
