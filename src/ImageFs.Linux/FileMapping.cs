using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// A file's or device's pages in the address space, for the kernel to read from and nobody else: where the file cannot be read the
/// kernel gives EFAULT, but the program itself would be ended by SIGBUS. So there is no way here to look at the bytes. A file that was
/// cut short reads as zeros to the end of its last page: who takes bytes from here asks for its length.
/// </summary>
public sealed unsafe class FileMapping : SafeHandle
{
    private const int Read = 1; // PROT_READ
    private const int Shared = 1; // MAP_SHARED
    internal const int DoNotNeed = 4; // MADV_DONTNEED
    internal const int NoHugePage = 15; // MADV_NOHUGEPAGE

    // Where one page is asked for the kernel maps the 15 beside it too, if it has them: 128 MiB are mapped at most, which is
    // little: to take them away more often costs small random reads a third of their rate.
    private const int MaxTaken = 1 << 23;

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
        void* address = Libc.mmap(null, (nuint)length, Read, Shared, file, 0);
        if ((nint)address == -1)
        {
            return null;
        }

        // Advice only: not 512 pages where one is wanted.
        _ = Libc.madvise(address, (nuint)length, NoHugePage);
        return new FileMapping((nint)address, length);
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
            _ = Libc.madvise((void*)handle, (nuint)Length, DoNotNeed);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, (nuint)Length) == 0;
}
