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
    private readonly PageBuffer _tail = new(PageBuffer.PageSize);
    private readonly int _capacity;
    private readonly bool _copiesHeader;
    private Pipe? _pipe;
    private int _owner;

    /// <param name="capacity">Bytes that it is to hold; it may come out smaller.</param>
    /// <param name="copiesHeader">Whether the header goes in by write(2), as a copy; else by reference, which is a little cheaper.</param>
    public ReplyPipe(int capacity, bool copiesHeader = false)
    {
        _copiesHeader = copiesHeader;
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
    public FileDevice? Refuser { get; private set; }

    /// <summary>Sends a reply.</summary>
    /// <param name="target">Where to: the FUSE device.</param>
    /// <param name="unique">The request.</param>
    /// <param name="length">Bytes after the header: all of the extents.</param>
    /// <param name="extents">What to send, on devices or of zeros; their pages fit <see cref="Slots"/>.</param>
    /// <param name="isDirect">Whether past the devices' caches: the extents are as <see cref="ReplyPlan.IsDirect"/> has them.</param>
    /// <param name="errno">What the target said, when it did not take the reply.</param>
    /// <returns>None when it went out whole; otherwise nothing went out, and why.</returns>
    public Fallback Send(
        FileDescriptor target, ulong unique, int length, ReadOnlySpan<LocatedExtent> extents, bool isDirect, out Errno errno)
    {
        CheckOwner();
        errno = Errno.None;
        if (!IsOpen)
        {
            return Fallback.NoPipe;
        }

        int total = Unsafe.SizeOf<FuseOutHeader>() + length;
        var fault = Fallback.NotCommitted;
        try
        {
            fault = Load(_pipe, new FuseOutHeader { Len = (uint)total, Unique = unique }, extents, isDirect, out int loaded);
            if (fault == Fallback.None && (loaded != total || _pipe.Drain(target, total, out errno) != total))
            {
                fault = Fallback.NotCommitted;
            }
        }
        finally
        {
            if (fault != Fallback.None)
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
        _tail.Dispose();
    }

    private Fallback Load(Pipe pipe, FuseOutHeader header, ReadOnlySpan<LocatedExtent> extents, bool isDirect, out int loaded)
    {
        MemoryMarshal.Write(_header.Span, in header);
        loaded = _copiesHeader
            ? pipe.Write(_header.Span[..Unsafe.SizeOf<FuseOutHeader>()], out _)
            : pipe.Put(_header, Unsafe.SizeOf<FuseOutHeader>(), out _);
        if (loaded != Unsafe.SizeOf<FuseOutHeader>())
        {
            return Fallback.NoPipe;
        }

        foreach (ref readonly LocatedExtent extent in extents)
        {
            Fallback fault = extent.Device switch
            {
                null => LoadZeros(pipe, (int)extent.Length),
                FileDevice device when isDirect => LoadDirect(pipe, device, extent.Address, (int)extent.Length),
                FileDevice device => Load(pipe, device, device.Descriptor, extent.Address, (int)extent.Length),
                _ => extent.TryFill(pipe) ? Fallback.None : Fallback.SourceFailed,
            };
            if (fault != Fallback.None)
            {
                return fault;
            }

            loaded += (int)extent.Length;
        }

        return Fallback.None;
    }

    private Fallback Load(Pipe pipe, FileDevice device, FileDescriptor file, long address, int length)
    {
        while (length > 0)
        {
            int count = pipe.Fill(file, address, length, out Errno errno);
            if (count <= 0)
            {
                return Diagnose(device, count, errno);
            }

            address += count;
            length -= count;
        }

        return Fallback.None;
    }

    // Whole units go by reference. What is left at the end of a file shares its unit with what is not the file's: that unit is read into
    // a page of our own, and its first bytes go from there.
    private Fallback LoadDirect(Pipe pipe, FileDevice device, long address, int length)
    {
        DirectFile file = device.Direct!;
        int tail = length % file.Alignment;
        int units = length - tail;
        Fallback fault = Load(pipe, device, file.Descriptor, address, units);
        if (fault != Fallback.None || tail == 0)
        {
            return fault;
        }

        int count = Files.Read(file.Descriptor, _tail.Span[..file.Alignment], address + units, out Errno errno);
        if (count < tail)
        {
            return Diagnose(device, count < 0 ? count : 0, errno);
        }

        return pipe.Put(_tail, tail, out errno) == tail ? Fallback.None : Fallback.PipeFull;
    }

    private static Fallback LoadZeros(Pipe pipe, int length) =>
        pipe.PutZeros(length, out _) == length ? Fallback.None : Fallback.PipeFull;

    private Fallback Diagnose(FileDevice device, int count, Errno errno)
    {
        if (count == 0)
        {
            return Fallback.ShortSource;
        }

        switch (errno)
        {
            case Errno.EAGAIN:
                return Fallback.PipeFull;
            case Errno.EINVAL:
                Refuser = device;
                return Fallback.SourceRefused;
            default:
                return Fallback.SourceFailed;
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
