using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Replies;

/// <summary>
/// Makes replies of page references: the header, then extents of the image's descriptor, into a pipe; the whole message out of it by
/// one splice.
/// </summary>
/// <remarks>
/// One thread owns it. The pipe is empty before and after each reply; at the commit it holds exactly the bytes that the header
/// says. After any fault it is thrown away and made anew, so nothing of a failed reply can get into the next. The header's page
/// is in the pipe by reference: it is written only while the pipe is empty.
/// </remarks>
internal sealed class ReplyPipe : IDisposable
{
    private const int HeaderSlots = 1;

    private readonly PageBuffer _header = new(Unsafe.SizeOf<FuseOutHeader>());
    private readonly int _capacity;
    private Pipe? _pipe;
    private int _owner;

    /// <summary>Makes the pipe.</summary>
    /// <param name="capacity">Bytes that it is to hold; it may come out smaller.</param>
    public ReplyPipe(int capacity)
    {
        _capacity = capacity;
        Renew();
    }

    /// <summary>Whether there is a pipe; when the last could not be made anew, it is tried again.</summary>
    [MemberNotNullWhen(true, nameof(_pipe))]
    public bool IsOpen
    {
        get
        {
            if (_pipe is null)
            {
                Renew();
            }

            return _pipe is not null;
        }
    }

    /// <summary>Slots for the extents of a reply.</summary>
    public int Slots => IsOpen ? _pipe.Slots - HeaderSlots : 0;

    /// <summary>The device that refused to be spliced from, after a reply that failed with SourceRefused.</summary>
    public BlockDevice? Refuser { get; private set; }

    /// <summary>Sends a reply.</summary>
    /// <param name="target">Where to: the FUSE device.</param>
    /// <param name="unique">The request.</param>
    /// <param name="length">Bytes behind the header: all of the extents.</param>
    /// <param name="extents">What to send, on devices; their pages fit <see cref="Slots"/>.</param>
    /// <param name="errno">What the target said, when it did not take the reply.</param>
    /// <returns>None when it went out whole; otherwise nothing went out, and why.</returns>
    public CopyReason Send(
        FileDescriptor target, ulong unique, int length, ReadOnlySpan<DeviceExtent> extents, out Errno errno)
    {
        CheckOwner();
        errno = Errno.None;
        if (!IsOpen)
        {
            return CopyReason.NoPipe;
        }

        int total = Unsafe.SizeOf<FuseOutHeader>() + length;
        var fault = CopyReason.NotCommitted;
        try
        {
            fault = Load(_pipe, new FuseOutHeader { Len = (uint)total, Unique = unique }, extents, out int loaded);
            if (fault == CopyReason.None && (loaded != total || _pipe.Drain(target, total, out errno) != total))
            {
                fault = CopyReason.NotCommitted;
            }
        }
        finally
        {
            if (fault != CopyReason.None)
            {
                Renew();
            }
        }

        return fault;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipe?.Dispose();
        _header.Dispose();
    }

    private CopyReason Load(Pipe pipe, FuseOutHeader header, ReadOnlySpan<DeviceExtent> extents, out int loaded)
    {
        MemoryMarshal.Write(_header.Span, in header);
        loaded = pipe.Put(_header, Unsafe.SizeOf<FuseOutHeader>(), out _);
        if (loaded != Unsafe.SizeOf<FuseOutHeader>())
        {
            return CopyReason.NoPipe;
        }

        foreach (ref readonly DeviceExtent extent in extents)
        {
            CopyReason fault = Load(pipe, extent.Device!, extent.Address, (int)extent.Length);
            if (fault != CopyReason.None)
            {
                return fault;
            }

            loaded += (int)extent.Length;
        }

        return CopyReason.None;
    }

    private CopyReason Load(Pipe pipe, BlockDevice device, long address, int length)
    {
        while (length > 0)
        {
            int count = pipe.Fill(device.Descriptor, address, length, out Errno errno);
            if (count <= 0)
            {
                return Diagnose(device, count, errno);
            }

            address += count;
            length -= count;
        }

        return CopyReason.None;
    }

    private CopyReason Diagnose(BlockDevice device, int count, Errno errno)
    {
        if (count == 0)
        {
            return CopyReason.ShortSource;
        }

        switch (errno)
        {
            case Errno.EAGAIN:
                return CopyReason.PipeFull;
            case Errno.EINVAL:
                Refuser = device;
                return CopyReason.SourceRefused;
            default:
                return CopyReason.SourceFailed;
        }
    }

    private void Renew()
    {
        _pipe?.Dispose();
        _pipe = null;
        try
        {
            _pipe = Pipe.Create(_capacity);
        }
        catch (LinuxException)
        {
            // Out of descriptors for now: replies are copied, and each tries again.
        }
    }

    private void CheckOwner()
    {
        int thread = Environment.CurrentManagedThreadId;
        if (_owner == 0)
        {
            _owner = thread;
        }

        if (_owner != thread)
        {
            throw new InvalidOperationException("a reply pipe has one owner thread");
        }
    }
}
