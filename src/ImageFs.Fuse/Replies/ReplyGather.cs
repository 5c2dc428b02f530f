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
internal sealed class ReplyGather : IDisposable
{
    /// <summary>Pieces that a reply may have behind its header.</summary>
    public const int Pieces = GatherList.Capacity - 1;

    private readonly PageBuffer _header = new(Unsafe.SizeOf<FuseOutHeader>());
    private readonly GatherList _list = new();

    /// <summary>Sends a reply.</summary>
    /// <param name="target">Where to: the FUSE device.</param>
    /// <param name="unique">The request.</param>
    /// <param name="length">Bytes behind the header: all of the extents, at most 1 MiB.</param>
    /// <param name="extents">What to send, at most <see cref="Pieces"/>, on devices or of zeros.</param>
    /// <param name="errno">What the target said, when it did not take the reply.</param>
    /// <returns>None when it went out whole; otherwise nothing went out, and why.</returns>
    public Fallback Send(FileDescriptor target, ulong unique, int length, ReadOnlySpan<DeviceExtent> extents, out Errno errno)
    {
        errno = Errno.None;
        int total = Unsafe.SizeOf<FuseOutHeader>() + length;
        MemoryMarshal.Write(_header.Span, new FuseOutHeader { Len = (uint)total, Unique = unique });
        _list.Clear();
        _list.Add(_header, Unsafe.SizeOf<FuseOutHeader>());
        foreach (ref readonly DeviceExtent extent in extents)
        {
            if (extent.IsZero)
            {
                _list.AddZeros((int)extent.Length);
            }
            else if (extent.Device!.Mapping is { } mapping)
            {
                _list.Add(mapping, extent.Address, (int)extent.Length);
            }
            else
            {
                return Fallback.NoMapping;
            }
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
