using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A pipe for splicing: close-on-exec, and non-blocking, so that a full pipe is EAGAIN and not a deadlock with oneself.
/// It counts slots: each holds at most one page, however few bytes of it.
/// </summary>
public sealed unsafe class Pipe : IDisposable
{
    private Pipe(FileDescriptor readEnd, FileDescriptor writeEnd, int slots)
    {
        ReadEnd = readEnd;
        WriteEnd = writeEnd;
        Slots = slots;
    }

    /// <summary>The end that bytes come out of.</summary>
    public FileDescriptor ReadEnd { get; }

    /// <summary>The end that bytes go into.</summary>
    public FileDescriptor WriteEnd { get; }

    /// <summary>How many pages, or parts of pages, it holds.</summary>
    public int Slots { get; }

    /// <param name="capacity">Bytes that it is to hold; when the kernel refuses, it stays as small as it was born.</param>
    /// <exception cref="LinuxException">There is no pipe: too many descriptors.</exception>
    public static Pipe Create(int capacity)
    {
        int* ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        {
            throw LinuxException.Last("pipe2");
        }

        var readEnd = new FileDescriptor(ends[0]);
        var writeEnd = new FileDescriptor(ends[1]);
        _ = fcntl(ends[1], F_SETPIPE_SZ, capacity);
        int size = fcntl(ends[1], F_GETPIPE_SZ, 0);
        return new Pipe(readEnd, writeEnd, size / PageBuffer.PageSize);
    }

    /// <summary>Writes bytes into the pipe: a copy of them.</summary>
    /// <returns>Bytes written; -1 with <paramref name="errno"/> set.</returns>
    public int Write(ReadOnlySpan<byte> bytes, out Errno errno) => Descriptors.Write(WriteEnd, bytes, out errno);

    /// <summary>Puts memory into the pipe by reference (vmsplice): it must not change until it has left the pipe.</summary>
    /// <returns>Bytes put; -1 with <paramref name="errno"/> set.</returns>
    public int Put(PageBuffer memory, int length, out Errno errno)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, memory.Length);
        return Put((void*)memory.DangerousGetHandle(), length, out errno);
    }

    /// <summary>Puts zeros into the pipe by reference, a slot for each page.</summary>
    /// <param name="length">Bytes, at most 1 MiB.</param>
    /// <param name="errno">The error, when the result is -1.</param>
    /// <returns>Bytes put; -1 with <paramref name="errno"/> set.</returns>
    public int PutZeros(int length, out Errno errno)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ZeroPages.Length);
        return Put(ZeroPages.Start, length, out errno);
    }

    /// <summary>Splices bytes of a file or device into the pipe, once: it may take fewer than asked for.</summary>
    /// <returns>Bytes taken; 0 at the end of the file; -1 with <paramref name="errno"/> set, EAGAIN when the pipe is full.</returns>
    public int Fill(FileDescriptor source, long offset, int length, out Errno errno)
    {
        using DescriptorInUse from = source.Use();
        using DescriptorInUse to = WriteEnd.Use();
        off_t start = offset;
        return Result(splice(from.Number, &start, to.Number, null, length, 0), out errno);
    }

    /// <summary>Splices bytes that have come to a socket into the pipe, once: it may take fewer than asked for, and does not wait for any.</summary>
    /// <returns>Bytes taken; 0 when the other end has closed; -1 with <paramref name="errno"/> set, EAGAIN when there are none or the pipe is full.</returns>
    public int Fill(FileDescriptor socket, int length, out Errno errno)
    {
        using DescriptorInUse from = socket.Use();
        using DescriptorInUse to = WriteEnd.Use();
        return Result(splice(from.Number, null, to.Number, null, length, (uint)SPLICE_F_NONBLOCK), out errno);
    }

    /// <summary>
    /// Splices bytes out of the pipe, once. Pages are never moved (SPLICE_F_MOVE): of a cached file that takes them from its cache, and
    /// in any case the kernel loses the mark in them that begins its next readahead (docs/performance-notes.md).
    /// </summary>
    /// <returns>Bytes that left the pipe; -1 with <paramref name="errno"/> set.</returns>
    public int Drain(FileDescriptor target, int length, out Errno errno)
    {
        using DescriptorInUse from = ReadEnd.Use();
        using DescriptorInUse to = target.Use();
        return Result(splice(from.Number, null, to.Number, null, length, 0), out errno);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReadEnd.Dispose();
        WriteEnd.Dispose();
    }

    private int Put(void* memory, int length, out Errno errno)
    {
        using DescriptorInUse pipe = WriteEnd.Use();
        var vector = new iovec { iov_base = memory, iov_len = length };
        return Result(vmsplice(pipe.Number, &vector, 1, 0), out errno);
    }

    private static int Result(ssize_t count, out Errno errno)
    {
        errno = LinuxException.ErrorOf(count);
        return (int)count;
    }
}
