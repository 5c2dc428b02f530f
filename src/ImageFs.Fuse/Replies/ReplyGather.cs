using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Replies;

/// <summary>
/// Makes replies of the image's own pages, mapped into memory: the header and each extent in one writev(2). Only the kernel reads
/// the mapping, so a bad sector is an error of the call and no signal. One worker owns it.
/// </summary>
/// <remarks>
/// A mapping says nothing of bytes that a file has lost in the middle of a page: they are zeros. So an image file's length is looked at
/// first; as long as it is whole, so is the mapping. (What is cut off between the look and the writev is seen no more than by read(2),
/// which looks at the length before it copies, too.)
/// </remarks>
internal sealed class ReplyGather : IDisposable
{
    /// <summary>Pieces that a reply may have after its header.</summary>
    public const int Pieces = GatherList.Capacity - 1;

    private readonly PageBuffer _header = new(PageBuffer.PageSize);
    private readonly GatherList _list = new();

    /// <summary>Sends a reply.</summary>
    /// <param name="target">Where to: the FUSE device.</param>
    /// <param name="unique">The request.</param>
    /// <param name="length">Bytes after the header: all of the extents, at most 1 MiB.</param>
    /// <param name="extents">What to send, at most <see cref="Pieces"/>, on devices or of zeros.</param>
    /// <param name="errno">What the target said, when it did not take the reply.</param>
    /// <returns>None when it went out whole; otherwise nothing went out, and why.</returns>
    public Fallback Send(FileDescriptor target, ulong unique, int length, ReadOnlySpan<LocatedExtent> extents, out Errno errno)
    {
        Span<byte> header = stackalloc byte[Unsafe.SizeOf<FuseOutHeader>()];
        MemoryMarshal.Write(header, new FuseOutHeader { Len = (uint)(header.Length + length), Unique = unique });
        return Send(target, header, length, extents, out errno);
    }

    /// <summary>Sends a message with a header of its own, which counts all bytes.</summary>
    /// <inheritdoc cref="Send(FileDescriptor, ulong, int, ReadOnlySpan{LocatedExtent}, out Errno)"/>
    public Fallback Send(FileDescriptor target, ReadOnlySpan<byte> header, int length, ReadOnlySpan<LocatedExtent> extents, out Errno errno)
    {
        errno = Errno.None;
        int total = header.Length + length;
        header.CopyTo(_header.Span);
        _list.Clear();
        _list.Add(_header, header.Length);
        FileDevice? whole = null;
        foreach (ref readonly LocatedExtent extent in extents)
        {
            if (extent.IsZero)
            {
                _list.AddZeros((int)extent.Length);
                continue;
            }

            if (!ReferenceEquals(extent.File, whole) && extent.File!.IsCutShort)
            {
                return Fallback.ShortSource;
            }

            whole = extent.File;
            if (whole!.Mapping is not { } mapping)
            {
                return Fallback.NoMapping;
            }

            // A reply that fails under the kernel's hands has failed its reader, and cannot be made in another way.
            if (extent.HasOtherCopy && !mapping.TryPopulate(extent.Address, (int)extent.Length))
            {
                return Fallback.SourceFailed;
            }

            _list.Add(mapping, extent.Address, (int)extent.Length);
        }

        return _list.WriteTo(target, out errno) == total ? Fallback.None : Diagnose(errno);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _list.Clear();
        _header.Dispose();
    }

    private static Fallback Diagnose(Errno errno) => errno == Errno.EFAULT ? Fallback.SourceFailed : Fallback.NotCommitted;
}
