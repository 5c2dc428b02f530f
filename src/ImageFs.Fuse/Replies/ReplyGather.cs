using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Fuse.Replies;

/// <summary>
/// Makes replies of the image's own pages, mapped into memory, and of decoded blocks where they are kept: the header and each extent in
/// one writev(2). Only the kernel reads the mapping, so a bad sector is an error of the call and no signal. One worker owns it.
/// </summary>
/// <remarks>
/// A mapping says nothing of bytes that a file has lost in the middle of a page: they are zeros. So an image file's length is looked at
/// first; as long as it is whole, so is the mapping. (What is cut off between the look and the writev is seen no more than by read(2),
/// which looks at the length before it copies, too.)
/// </remarks>
/// <param name="buffer">
/// A page for the header, and as many bytes as the largest reply has, for those that are neither mapped nor decoded; it stays the caller's.
/// </param>
internal sealed class ReplyGather(PageBuffer buffer)
{
    /// <summary>Pieces that a reply may have after its header.</summary>
    public const int Pieces = GatherList.Capacity - 1;

    private readonly GatherList _list = new();

    /// <summary>Sends a reply.</summary>
    /// <param name="target">Where to: the FUSE device.</param>
    /// <param name="unique">The request.</param>
    /// <param name="length">Bytes after the header: all of the extents, at most 1 MiB.</param>
    /// <param name="plan">What to send, at most <see cref="Pieces"/>.</param>
    /// <param name="errno">What the target said, when it did not take the reply.</param>
    /// <returns>None when it went out whole; otherwise nothing went out, and why.</returns>
    public Fallback Send(FileDescriptor target, ulong unique, int length, ReplyPlan plan, out Errno errno)
    {
        Span<byte> header = stackalloc byte[Unsafe.SizeOf<FuseOutHeader>()];
        MemoryMarshal.Write(header, new FuseOutHeader { Len = (uint)(header.Length + length), Unique = unique });
        return Send(target, header, length, plan, out errno);
    }

    /// <summary>Sends a message with a header of its own, which counts all bytes.</summary>
    /// <inheritdoc cref="Send(FileDescriptor, ulong, int, ReplyPlan, out Errno)"/>
    public Fallback Send(FileDescriptor target, ReadOnlySpan<byte> header, int length, ReplyPlan plan, out Errno errno)
    {
        errno = Errno.None;
        header.CopyTo(buffer.Span);
        _list.Clear();
        _list.Add(buffer, 0, header.Length);
        FileDevice? whole = null;
        int at = PageBuffer.PageSize;
        for (int i = 0; i < plan.Extents.Length; i++)
        {
            ref readonly LocatedExtent extent = ref plan.Extents[i];
            ref readonly DecodedLease lease = ref plan.Leases[i];
            Fallback fault = Fallback.None;
            if (!lease.IsEmpty)
            {
                _list.Add(lease.Memory, lease.Start, lease.Length);
            }
            else if (extent.IsZero)
            {
                _list.AddZeros((int)extent.Length);
            }
            else
            {
                fault = extent.File is { } file ? AddMapped(file, in extent, ref whole) : AddRead(in extent, at);
            }

            if (fault != Fallback.None)
            {
                return fault;
            }

            at += (int)extent.Length;
        }

        return _list.WriteTo(target, out errno) == header.Length + length ? Fallback.None : Diagnose(errno);
    }

    /// <summary>Lets go of what a reply that failed was to be made of.</summary>
    public void Clear() => _list.Clear();

    private Fallback AddMapped(FileDevice file, in LocatedExtent extent, ref FileDevice? whole)
    {
        if (!ReferenceEquals(file, whole) && file.IsCutShort)
        {
            return Fallback.ShortSource;
        }

        whole = file;
        if (file.Mapping is not { } mapping)
        {
            return Fallback.NoMapping;
        }

        // A reply that fails under the kernel's hands has failed its reader, and cannot be made in another way.
        if (extent.HasOtherCopy && !mapping.TryPopulate(extent.Address, (int)extent.Length))
        {
            return Fallback.SourceFailed;
        }

        _list.Add(mapping, extent.Address, (int)extent.Length);
        return Fallback.None;
    }

    private Fallback AddRead(in LocatedExtent extent, int at)
    {
        try
        {
            extent.Read(buffer.Span.Slice(at, (int)extent.Length));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return Fallback.SourceFailed;
        }

        _list.Add(buffer, at, (int)extent.Length);
        return Fallback.None;
    }

    private static Fallback Diagnose(Errno errno) => errno == Errno.EFAULT ? Fallback.SourceFailed : Fallback.NotCommitted;
}
