using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Pages of this process's own memory.</summary>
public static unsafe class Pages
{
    private const int MADV_POPULATE_WRITE = 23;

    /// <summary>
    /// Has the kernel bring in the pages of memory that is about to be written, by one call instead of a page fault for each
    /// (madvise(2)). Linux before 5.14 does not know it: there each page is brought in when it is written to, as ever.
    /// </summary>
    /// <param name="memory">What is to be written. Pages that it has a part of are brought in, too.</param>
    public static void Populate(Span<byte> memory)
    {
        fixed (byte* start = memory)
        {
            nuint first = (nuint)start / (nuint)PageBuffer.PageSize * (nuint)PageBuffer.PageSize;
            _ = madvise((void*)first, (size_t)((nuint)start + (nuint)memory.Length - first), MADV_POPULATE_WRITE);
        }
    }
}
