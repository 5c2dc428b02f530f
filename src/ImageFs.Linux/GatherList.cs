using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ImageFs.Linux;

/// <summary>
/// Pieces of memory and of mapped files that go out by one writev(2), by reference: the kernel reads them, this program does not. One
/// thread owns it; nothing of it allocates but having more pieces than ever before.
/// </summary>
public sealed unsafe class GatherList
{
    /// <summary>Pieces that one writev(2) takes (IOV_MAX).</summary>
    public const int Capacity = 1024;

    private const int FirstLength = 16;

    private iovec[] _vectors = new iovec[FirstLength];
    private SafeHandle?[] _held = new SafeHandle?[FirstLength];
    private int _count;

    /// <summary>Adds bytes of a buffer.</summary>
    public void Add(PageBuffer memory, int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, memory.Length - length);
        Add(memory, (byte*)memory.DangerousGetHandle() + start, length);
    }

    /// <summary>Adds bytes of a mapped file.</summary>
    public void Add(FileMapping mapping, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, mapping.Length - length);
        Add(mapping, mapping[offset], length);
        mapping.CountTaken(length);
    }

    /// <summary>Adds zeros.</summary>
    /// <param name="length">Bytes, at most 1 MiB.</param>
    public void AddZeros(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ZeroPages.Length);
        Add(null, ZeroPages.Start, length);
    }

    /// <summary>Writes all pieces as one message, and forgets them.</summary>
    /// <returns>Bytes written; -1 with <paramref name="errno"/> set: EFAULT where a mapped file cannot be read.</returns>
    public int WriteTo(FileDescriptor target, out Errno errno)
    {
        try
        {
            fixed (iovec* vectors = _vectors)
            {
                long count;
                do
                {
                    count = MoreLibc.writev(target, vectors, _count);
                    errno = LinuxException.ErrorOf(count);
                }
                while (errno == Errno.EINTR);

                return (int)count;
            }
        }
        finally
        {
            Clear();
        }
    }

    /// <summary>Forgets all pieces.</summary>
    public void Clear()
    {
        for (int i = 0; i < _count; i++)
        {
            _held[i]?.DangerousRelease();
            _held[i] = null;
        }

        _count = 0;
    }

    // What is mapped must stay so until the kernel has read it.
    private void Add(SafeHandle? memory, void* address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(_count, Capacity);
        if (_count == _held.Length)
        {
            Array.Resize(ref _vectors, 2 * _count);
            Array.Resize(ref _held, 2 * _count);
        }

        bool isHeld = false;
        memory?.DangerousAddRef(ref isHeld);
        _held[_count] = memory;
        _vectors[_count++] = new iovec { iov_base = address, iov_len = length };
    }
}
