using System.Globalization;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Writing files.</summary>
public static unsafe class FileWriting
{
    private const ushort UsualPermissions = 0x1B6; // rw-rw-rw-, less the umask

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
