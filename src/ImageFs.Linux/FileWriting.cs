using System.Globalization;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Writing files.</summary>
public static unsafe class FileWriting
{
    private const ushort UsualPermissions = 0x1B6; // rw-rw-rw-, less the umask
    private const ushort OwnerOnlyFile = 0x180; // rw-------
    private const ushort OwnerOnlyFolder = 0x1C0; // rwx------
    private const ushort UsualFolder = 0x1FF; // rwxrwxrwx, less the umask
    private const int O_TMPFILE = 0x400000; // asm-generic/fcntl.h, without O_DIRECTORY
    private const int FALLOC_FL_KEEP_SIZE = 1;
    private const int FALLOC_FL_PUNCH_HOLE = 2;

    /// <summary>Writes all of a span where the descriptor stands (write(2)).</summary>
    /// <exception cref="LinuxException">The call failed: EPIPE when nobody reads any more.</exception>
    public static void Append(FileDescriptor file, ReadOnlySpan<byte> source)
    {
        using DescriptorInUse target = file.Use();
        fixed (byte* first = source)
        {
            for (int done = 0; done < source.Length;)
            {
                long count = write(target.Number, first + done, source.Length - done);
                if (count >= 0)
                {
                    done += (int)count;
                }
                else if (LinuxException.LastError != Errno.EINTR)
                {
                    throw LinuxException.Last("write");
                }
            }
        }
    }

    /// <summary>Writes all of a span at an offset.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static void Write(FileDescriptor file, ReadOnlySpan<byte> source, long offset)
    {
        using DescriptorInUse target = file.Use();
        fixed (byte* first = source)
        {
            for (int done = 0; done < source.Length;)
            {
                long count = pwrite(target.Number, first + done, source.Length - done, offset + done);
                if (count >= 0)
                {
                    done += (int)count;
                }
                else if (LinuxException.LastError != Errno.EINTR)
                {
                    throw LinuxException.Last("pwrite");
                }
            }
        }
    }

    /// <summary>Writes a small file whole at once: who finds it finds all of it.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="content">What is in it.</param>
    /// <exception cref="LinuxException">A call failed.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string unfinished = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        using var unfinishedName = new NativeText(unfinished);
        using var name = new NativeText(path);
        int number = open(unfinishedName.Start, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, UsualPermissions);
        using (FileDescriptor file = number < 0 ? throw LinuxException.Last("open", path) : new FileDescriptor(number))
        {
            Append(file, content);
        }

        if (MoreLibc.rename(unfinishedName.Start, name.Start) < 0)
        {
            throw LinuxException.Last("rename", path);
        }
    }

    /// <summary>Removes a file.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static void Remove(string path)
    {
        using var name = new NativeText(path);
        if (unlink(name.Start) < 0)
        {
            throw LinuxException.Last("unlink", path);
        }
    }

    /// <summary>Makes a file without a name (O_TMPFILE), open for reading and writing, for its owner only: it goes with its last descriptor.</summary>
    /// <param name="folder">Where it takes its space from.</param>
    /// <exception cref="LinuxException">The call failed: EOPNOTSUPP where the file system has no such files.</exception>
    public static FileDescriptor MakeUnnamed(string folder)
    {
        using var name = new NativeText(folder);
        int number = open(name.Start, O_TMPFILE | O_DIRECTORY | O_RDWR | O_CLOEXEC, OwnerOnlyFile);
        return number < 0 ? throw LinuxException.Last("open(O_TMPFILE)", folder) : new FileDescriptor(number);
    }

    /// <summary>Makes a folder for its owner only, and those that it is to lie in; one that is there is left as it is.</summary>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public static void MakeFolder(string path)
    {
        using var name = new NativeText(path);
        if (mkdir(name.Start, OwnerOnlyFolder) == 0)
        {
            return;
        }

        Errno errno = LinuxException.LastError;
        int parent = path.LastIndexOf('/');
        if (errno == Errno.ENOENT && parent > 0)
        {
            MakeFolder(path[..parent]);
            errno = LinuxException.ErrorOf(mkdir(name.Start, OwnerOnlyFolder));
        }

        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("mkdir", errno, path);
        }
    }

    /// <summary>Makes one folder, with the permissions that the umask leaves (mkdir(2)).</summary>
    /// <returns>None; EEXIST where something is there already; what else it cannot be made for.</returns>
    public static Errno TryMakeFolder(string path)
    {
        using var name = new NativeText(path);
        return LinuxException.ErrorOf(mkdir(name.Start, UsualFolder));
    }

    /// <summary>Removes a folder with nothing in it (rmdir(2)).</summary>
    /// <returns>None; ENOTEMPTY where something is in it, EBUSY where something is mounted on it; what else it cannot be removed for.</returns>
    public static Errno TryRemoveFolder(string path)
    {
        using var name = new NativeText(path);
        return LinuxException.ErrorOf(rmdir(name.Start));
    }

    /// <summary>Gives back the space that bytes of a file take (FALLOC_FL_PUNCH_HOLE): they read as zeros from now on.</summary>
    /// <returns>None; EOPNOTSUPP where the file system has no such thing.</returns>
    public static Errno PunchHole(FileDescriptor file, long offset, long length)
    {
        using DescriptorInUse use = file.Use();
        return LinuxException.ErrorOf(fallocate(use.Number, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, length));
    }

    /// <summary>Sets a file's length; what is after its end reads as zeros and takes no space.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static void SetLength(FileDescriptor file, long length)
    {
        using DescriptorInUse use = file.Use();
        if (ftruncate(use.Number, length) < 0)
        {
            throw LinuxException.Last("ftruncate");
        }
    }

    /// <summary>
    /// Has the kernel copy bytes from file to file (copy_file_range(2)): a file system that can share blocks copies none.
    /// </summary>
    /// <returns>Bytes copied; fewer than wanted, or 0, when it will not: they are then to be read and written.</returns>
    public static long Copy(FileDescriptor source, long sourceOffset, FileDescriptor target, long targetOffset, long length)
    {
        long done = 0;
        while (done < length)
        {
            long from = sourceOffset + done;
            long to = targetOffset + done;
            nint count = MoreLibc.copy_file_range(source, &from, target, &to, (nuint)(length - done), 0);
            if (count <= 0)
            {
                break;
            }

            done += count;
        }

        return done;
    }
}
