using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Caching;

namespace ImageFs.Fuse.Ring;

/// <summary>
/// Requests and replies of one processor, by io_uring. Several may be under way, each in an entry of its own. Belongs to the
/// thread that made it.
/// </summary>
/// <remarks>
/// A file's bytes are read straight into the entry's payload, by operations that the kernel takes one after another, the reply the
/// last of them; they and the wait for the next request are one system call. Where a read fails or falls short the reply does not
/// go; the request then comes out of <see cref="TryReceive"/> once more, and is answered by copying, or with what is wrong.
/// </remarks>
internal sealed class RingQueue : IFuseTransport, IDisposable
{
    // Reads of one reply at most; a file in more pieces is copied.
    private const int MaxReads = 32;

    // A tag has the entry, whether it is its registration, and the place of the file: the connection's for all but reads.
    private const int EntryShift = 16;
    private const ulong RegistrationTag = 1 << 8;
    private const ulong PlaceMask = 0xFF;

    private readonly int _number;
    private readonly bool _mayRead;
    private readonly IoUring _ring;
    private readonly RingFiles _files;
    private readonly RingEntry[] _entries;
    private RingEntry _current;
    private ulong _currentTag;
    private bool _isOwed;
    private int _live;

    /// <summary>Begins with a ring, which is this queue's from then on; the kernel's FUSE does not know of it yet.</summary>
    /// <param name="number">The queue's number: the processor's.</param>
    /// <param name="ring">The ring, as <see cref="MakeRing"/> makes it.</param>
    /// <param name="connection">The descriptor of /dev/fuse; it stays the caller's.</param>
    /// <param name="depth">How many requests may be under way.</param>
    /// <param name="mayRead">Whether files are read by the ring; else they are copied.</param>
    /// <exception cref="LinuxException">The kernel refuses the ring, or it does not work here.</exception>
    public RingQueue(int number, IoUring ring, FileDescriptor connection, int depth, bool mayRead)
    {
        _number = number;
        _mayRead = mayRead;
        _ring = ring;
        try
        {
            ring.Begin();
            _files = new RingFiles(_ring, connection);
            Probe();
            _entries = new RingEntry[depth];
            for (int i = 0; i < depth; i++)
            {
                _entries[i] = new RingEntry(Session.FuseChannel.MaxPayload);
            }

            _current = _entries[0];
        }
        catch
        {
            _ring.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What ended it, once <see cref="TryReceive"/> returned false. ENOTCONN is an unmount or an abort; after anything else requests
    /// may wait for replies that never come, so the connection has to be ended.
    /// </summary>
    public Errno EndedBy { get; private set; } = Errno.ENOTCONN;

    /// <inheritdoc/>
    public Span<byte> Payload => _current.Payload;

    /// <summary>Makes a ring for a queue; any thread may, and before there is a connection.</summary>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public static IoUring MakeRing() => IoUring.Create(operations: 2 * MaxReads, completions: 4 * MaxReads, RingFiles.Places);

    /// <summary>Tells the kernel's FUSE of the entries. Requests come when each processor's queue has done so.</summary>
    /// <returns>None, or what the kernel said.</returns>
    public Errno Register()
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            Errno errno = Register(i, _entries[i].PayloadSize);

            // An entry that is refused completes at once, the others with their first request. The first entry decides: one is enough.
            if (errno == Errno.None && i == 0 && _ring.TryTake(out _, out int result))
            {
                errno = (Errno)(-result);
            }

            if (errno != Errno.None)
            {
                return errno;
            }

            _live++;
        }

        return Errno.None;
    }

    /// <summary>
    /// Has the kernel give up the rings of the connection: it does when it refuses one, and one that cannot hold the largest reply
    /// it does refuse. Where rings were switched off meanwhile it says so instead, and has none to give up.
    /// </summary>
    /// <returns>Whether it did.</returns>
    public bool TryWithdraw() =>
        Register(0, PageBuffer.PageSize) == Errno.None && _ring.TryTake(out _, out int result) && result < 0;

    /// <inheritdoc/>
    public bool TryReceive(out ReadOnlySpan<byte> request)
    {
        // Whoever sends one that wants no reply still wants the entry back.
        if (_isOwed)
        {
            Reply(_current.CommitId, Errno.None, 0);
        }

        while (_live > 0 && EndedBy == Errno.ENOTCONN)
        {
            bool hasCompletion = _ring.HasCompletion;
            if ((!hasCompletion || _ring.Published > 0) && !_ring.Enter(hasCompletion ? 0 : 1, out Errno errno) && !IsPassing(errno))
            {
                EndedBy = errno;
                break;
            }

            if (_ring.TryTake(out ulong tag, out int result) && Accept(tag, result))
            {
                _isOwed = true;
                request = _current.Message;
                return true;
            }
        }

        request = default;
        return false;
    }

    /// <inheritdoc/>
    public Errno Reply(ulong unique, Errno error, int payloadLength)
    {
        _ring.Discard();
        Commit(unique, error, payloadLength);
        return Errno.None;
    }

    /// <inheritdoc/>
    public FileReplyOutcome ReplyFile(ulong unique, BlockSource source, long offset, int length)
    {
        _ring.Discard();
        Fallback fallback = _current.Fault;
        if (_mayRead && fallback == Fallback.None)
        {
            fallback = ReadByRing(source, offset, length);
            if (fallback == Fallback.None)
            {
                Commit(unique, Errno.None, length);
                return new FileReplyOutcome(ReplyWay.Ring, Fallback.None, Errno.None);
            }
        }

        source.ReadAt(offset, Payload[..length]);
        return new FileReplyOutcome(ReplyWay.Copy, fallback, Reply(unique, Errno.None, length)) { IsDecoded = fallback == Fallback.NotMapped };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ring.Dispose();

        // While anything is under way the kernel may still write to them.
        if (_live == 0)
        {
            Array.ForEach(_entries, entry => entry.Dispose());
        }
    }

    private static bool IsPassing(Errno errno) => errno is Errno.EINTR or Errno.EAGAIN or Errno.EBUSY;

    // A ring that could be made may still not be usable: a filter of system calls can tell the two apart.
    private void Probe()
    {
        _ring.Nop(0);
        _ring.Publish();
        Errno errno;
        while (!_ring.Enter(1, out errno) && IsPassing(errno))
        {
        }

        if (errno != Errno.None || !_ring.TryTake(out _, out _))
        {
            throw new LinuxException("io_uring_enter", errno);
        }
    }

    private Errno Register(int entry, int payloadSize)
    {
        Span<byte> arguments = _ring.Command(
            RingFiles.Connection, (uint)FuseUringCommand.Register, ((ulong)entry << EntryShift) | RegistrationTag,
            _entries[entry].Buffer, RingEntry.HeadersSize, RingEntry.PayloadStart, payloadSize, RingEntry.ListStart);
        MemoryMarshal.Write(arguments, new FuseUringCmdReq { Qid = (ushort)_number });
        _ring.Publish();
        Errno errno;
        do
        {
            _ = _ring.Enter(0, out errno);
        }
        while (IsPassing(errno) || (errno == Errno.None && _ring.Published > 0));

        return errno;
    }

    // Whether a completion brings a request that is to be served.
    private bool Accept(ulong tag, int result)
    {
        int entry = (int)(tag >> EntryShift);
        int place = (int)(tag & PlaceMask);
        _current = _entries[entry];
        _current.ReleaseKept();
        _currentTag = (ulong)entry << EntryShift;
        if (place != RingFiles.Connection)
        {
            _current.Fault = ToFault(place, result);
            return true;
        }

        if (result == 0)
        {
            if (_current.TryAssemble())
            {
                return true;
            }

            Commit(_current.CommitId, Errno.EIO, 0);
            return false;
        }

        var errno = (Errno)(-result);
        if (errno == Errno.ECANCELED)
        {
            // A read before it failed, and completes by itself.
            return false;
        }

        _live--;
        if (errno is not (Errno.ENOTCONN or Errno.ECONNABORTED) && (tag & RegistrationTag) == 0)
        {
            EndedBy = errno;
        }

        return false;
    }

    private Fallback ToFault(int place, int result)
    {
        if (result >= 0)
        {
            return Fallback.ShortSource;
        }

        if ((Errno)(-result) is not (Errno.EAGAIN or Errno.EINVAL or Errno.EOPNOTSUPP))
        {
            return Fallback.SourceFailed;
        }

        _files.NoteRefusal(place);
        return Fallback.SourceRefused;
    }

    // Puts in the reads of a reply. None when they are all there; nothing of them goes before the commit is published.
    private Fallback ReadByRing(BlockSource source, long offset, int length)
    {
        int start = RingEntry.PayloadStart;
        int end = start + length;
        int reads = 0;
        while (start < end)
        {
            if (!source.TryLocate(offset, end - start, out LocatedExtent extent) || !TryLease(ref extent))
            {
                return Refuse(Fallback.SourceFailed);
            }

            int count = (int)extent.Length;
            if (extent.IsZero)
            {
                _current.Buffer.Span.Slice(start, count).Clear();
            }
            else if (extent.File is not { } device)
            {
                return Refuse(Fallback.NotMapped);
            }
            else if (!_files.TryFind(device, out int place))
            {
                return Refuse(Fallback.SourceRefused);
            }
            else if (reads++ == MaxReads)
            {
                return Refuse(Fallback.TooManyPieces);
            }
            else
            {
                _ring.LinkedRead(place, extent.Address, _current.Buffer, start, count, _currentTag | (uint)place);
            }

            start += count;
            offset += count;
        }

        return Fallback.None;
    }

    // What is kept in a file is read from there, and stays there until the entry's next completion.
    private bool TryLease(ref LocatedExtent extent)
    {
        try
        {
            if (extent.TryLeaseFile(out FileLease lease))
            {
                _current.Keep(in lease);
                extent = extent.In(in lease);
            }

            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
    }

    private Fallback Refuse(Fallback reason)
    {
        _ring.Discard();
        _current.ReleaseKept();
        return reason;
    }

    private void Commit(ulong unique, Errno error, int payloadLength)
    {
        _current.SetReply(unique, error, payloadLength);
        Span<byte> arguments = _ring.Command(RingFiles.Connection, (uint)FuseUringCommand.CommitAndFetch, _currentTag);
        MemoryMarshal.Write(arguments, new FuseUringCmdReq { CommitId = _current.CommitId, Qid = (ushort)_number });
        _ring.Publish();
        _isOwed = false;
    }
}
