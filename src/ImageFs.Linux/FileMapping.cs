using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A file's or device's pages in the address space, for the kernel to read from and nobody else: where the file cannot be read the
/// kernel gives EFAULT, but the program itself would be ended by SIGBUS. So there is no way here to look at the bytes. A file that was
/// cut short reads as zeros to the end of its last page: who takes bytes from here asks for its length.
/// </summary>
public sealed unsafe class FileMapping : SafeHandle
{
    // Where one page is asked for the kernel maps the 15 beside it too, if it has them: 128 MiB are mapped at most, which is
    // little: to take them away more often costs small random reads a third of their rate.
    private const int MaxTaken = 1 << 23;

    // MADV_POPULATE_READ.
    private const int PopulateRead = 22;

    private int _taken;

    private FileMapping(nint address, long length)
        : base(-1, ownsHandle: true)
    {
        Length = length;
        SetHandle(address);
    }

    /// <summary>Bytes mapped.</summary>
    public long Length { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>Where a byte of the file is in memory; good only while this object is.</summary>
    internal byte* this[long offset] => (byte*)handle + offset;

    /// <summary>Maps a file from its start.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="length">Bytes; at least 1.</param>
    /// <returns>Null when it cannot be mapped: no such file, or no room for it.</returns>
    public static FileMapping? TryCreate(FileDescriptor file, long length)
    {
        using DescriptorInUse use = file.Use();
        var size = (size_t)(ulong)length;
        void* address = mmap(null, size, PROT_READ, MAP_SHARED, use.Number, 0);
        if (address == MAP_FAILED)
        {
            return null;
        }

        // Advice only: not 512 pages where one is wanted.
        _ = madvise(address, size, MADV_NOHUGEPAGE);
        return new FileMapping((nint)address, length);
    }

    /// <summary>
    /// Whether bytes can be read: they are, into the page cache, before anybody takes them from here. Before Linux 5.14 nothing is read, and
    /// the answer is yes.
    /// </summary>
    public bool TryPopulate(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        byte* start = this[offset - (offset % PageBuffer.PageSize)];
        return LinuxException.ErrorOf(MoreLibc.madvise(start, (nuint)(this[offset + length] - start), PopulateRead)) is Errno.None or Errno.EINVAL;
    }

    /// <summary>
    /// Counts bytes that the kernel is to read here, and after so many lets all pages go: what stays mapped takes page tables, and
    /// posix_fadvise(2) and drop_caches cannot drop it. A page that is just being read comes back by itself.
    /// </summary>
    internal void CountTaken(int length)
    {
        if (Interlocked.Add(ref _taken, length) > MaxTaken)
        {
            Interlocked.Exchange(ref _taken, 0);
            _ = madvise((void*)handle, (size_t)(ulong)Length, MADV_DONTNEED);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => munmap((void*)handle, (size_t)(ulong)Length) == 0;
}
