using System.Buffers.Binary;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>
/// A connection to an export, with any number of requests under way. There is no thread of its own: of those who wait one receives, and when a
/// reply is another's, it is that one's turn. So the bytes of a reply are taken by the thread that asked for them, to where it wants them.
/// </summary>
internal sealed class NbdConnection : IDisposable
{
    private const int MaxWaitMilliseconds = 2000;

    // A reply with what is asked for where little is wanted, and its header.
    private const int CopiedAhead = (64 << 10) + NbdWire.ChunkHeaderLength + sizeof(ulong);

    private readonly NbdLink _link;
    private readonly NbdReplies _replies;
    private readonly object _sync = new();
    private readonly object _sending = new();
    private readonly Dictionary<ulong, NbdRequest> _underWay = [];
    private readonly Stack<NbdRequest> _unused = [];
    private ulong _lastCookie;
    private NbdRequest? _receiver;
    private LostLinkException? _failure;

    private NbdConnection(NbdLink link, NbdExport export) => (_link, Export, _replies) = (link, export, new NbdReplies(link, export));

    /// <summary>What the server said of the export.</summary>
    public NbdExport Export { get; }

    /// <summary>How many requests are under way.</summary>
    public int UnderWay => _underWay.Count;

    /// <summary>Whether it is no use any more.</summary>
    public bool IsBroken => _failure is not null;

    /// <summary>Whether bytes can go from the socket into a pipe.</summary>
    public bool Fills => _link.IsPlain;

    /// <summary>Connects to an export.</summary>
    /// <param name="address">The export.</param>
    /// <param name="isSpliced">Whether bytes of it are to go from the socket into a pipe.</param>
    /// <param name="patience">How long that may take.</param>
    /// <exception cref="LostLinkException">It cannot be connected now, or the server breaks the protocol.</exception>
    /// <exception cref="LinuxException">The server refuses.</exception>
    /// <exception cref="UnsupportedFeatureException">It is no such server.</exception>
    public static NbdConnection Open(NbdAddress address, bool isSpliced, TimeSpan patience)
    {
        NbdLink link = NbdLink.Connect(address, patience);
        try
        {
            var handshake = new NbdHandshake(link, address, patience);
            handshake.Begin();
            NbdExport export = handshake.Go();
            link.ReceiveAhead(isSpliced ? NbdReplies.LengthBeforeData(export) : CopiedAhead);
            return new NbdConnection(link, export);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="RemoteTransport.Read"/>.</summary>
    public void Read(long offset, Span<byte> destination, TimeSpan patience)
    {
        NbdRequest request = Begin(NbdCommand.Read, offset, destination.Length, patience);
        var cover = new ChunkCover(destination.Length);
        uint error = 0;
        bool isLast = false;
        try
        {
            while (!isLast)
            {
                NbdReplyHeader header = Await(request, patience);
                isLast = header.IsLast;
                error = ReceivePart(header, request, destination, ref cover, error, patience);
            }
        }
        catch (LostLinkException e)
        {
            Fail(e);
            throw;
        }
        finally
        {
            End(request);
        }

        ThrowIf(error, offset);
    }

    /// <summary>As <see cref="RemoteTransport.TryFill"/>. When the answer is no, the reply has been received nonetheless.</summary>
    public bool TryFill(Pipe pipe, long offset, int length, TimeSpan patience)
    {
        NbdRequest request = Begin(NbdCommand.Read, offset, length, patience);
        int filled = 0;
        bool isWhole = true;
        bool isLast = false;
        try
        {
            while (!isLast)
            {
                NbdReplyHeader header = Await(request, patience);
                isLast = header.IsLast;
                isWhole &= FillPart(header, request, pipe, ref filled, isWhole, patience);
            }
        }
        catch (LostLinkException e)
        {
            Fail(e);
            throw;
        }
        finally
        {
            End(request);
        }

        return isWhole && filled == length;
    }

    /// <summary>As <see cref="RemoteTransport.TryFindZeros"/>.</summary>
    public bool TryFindZeros(long offset, int length, ICollection<(long Length, bool IsZero)> runs, TimeSpan patience)
    {
        NbdRequest request = Begin(NbdCommand.BlockStatus, offset, length, patience);
        uint error = 0;
        bool isLast = false;
        try
        {
            while (!isLast)
            {
                NbdReplyHeader header = Await(request, patience);
                isLast = header.IsLast;
                if (header.Chunk == NbdChunk.BlockStatus)
                {
                    _replies.Status(header, runs, patience);
                }
                else
                {
                    error = _replies.Other(header, error, patience);
                }
            }
        }
        catch (LostLinkException e)
        {
            Fail(e);
            throw;
        }
        finally
        {
            End(request);
        }

        return error == 0 && runs.Count > 0;
    }

    /// <summary>Ends it: who waits for a reply gets an error.</summary>
    public void Fail(LostLinkException failure)
    {
        lock (_sync)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            foreach (NbdRequest request in _underWay.Values)
            {
                request.Wake();
            }
        }

        _link.ShutDown();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsDone())
        {
            TrySayGoodbye();
        }

        Fail(new LostLinkException("the image was closed"));
        bool isFree;
        lock (_sync)
        {
            isFree = _underWay.Count == 0;
        }

        // Else whoever still receives closes it.
        if (isFree)
        {
            _link.Dispose();
        }
    }

    private NbdRequest Begin(NbdCommand command, long offset, int length, TimeSpan patience)
    {
        NbdRequest? request;
        lock (_sync)
        {
            ThrowIfBroken();
            if (!_unused.TryPop(out request))
            {
                request = new NbdRequest();
            }

            request.Command = command;
            request.Cookie = ++_lastCookie;
            request.Offset = offset;
            request.Length = length;
            request.Header = null;
            _underWay.Add(request.Cookie, request);
        }

        try
        {
            Send(command, request.Cookie, offset, length);
        }
        catch (LostLinkException e)
        {
            Fail(e);
            End(request);
            throw;
        }

        return request;
    }

    private void Send(NbdCommand command, ulong cookie, long offset, int length)
    {
        Span<byte> message = stackalloc byte[NbdWire.RequestLength];
        BinaryPrimitives.WriteUInt32BigEndian(message, NbdWire.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(message[8..], cookie);
        BinaryPrimitives.WriteUInt64BigEndian(message[16..], (ulong)offset);
        BinaryPrimitives.WriteUInt32BigEndian(message[24..], (uint)length);
        lock (_sending)
        {
            _link.Send(message);
        }
    }

    // The header of this request's reply, or of its next chunk. The caller is the one who receives from then on, until it calls again.
    private NbdReplyHeader Await(NbdRequest request, TimeSpan patience)
    {
        while (true)
        {
            if (!TryTakeTurn(request))
            {
                request.Wait();
                continue;
            }

            if (request.Header is { } found)
            {
                request.Header = null;
                return found;
            }

            NbdReplyHeader header = _replies.Header(patience);
            lock (_sync)
            {
                ThrowIfBroken();
                if (!_underWay.TryGetValue(header.Cookie, out NbdRequest? owner))
                {
                    throw NbdReplies.Broken("a reply to something that was asked for");
                }

                if (header.Chunk is null && (owner.Command != NbdCommand.Read || Export.IsStructured) && header.Error == 0)
                {
                    throw NbdReplies.Broken("a structured reply");
                }

                if (owner == request)
                {
                    return header;
                }

                owner.Header = header;
                owner.Wake();
                _receiver = owner;
            }
        }
    }

    // One receives: the one whose reply it is, or the first who comes.
    private bool TryTakeTurn(NbdRequest request)
    {
        lock (_sync)
        {
            ThrowIfBroken();
            if (_receiver is null)
            {
                _receiver = request;
            }

            return _receiver == request;
        }
    }

    private void End(NbdRequest request)
    {
        lock (_sync)
        {
            _underWay.Remove(request.Cookie);
            Monitor.PulseAll(_sync);
            if (_receiver == request)
            {
                _receiver = null;
                foreach (NbdRequest other in _underWay.Values)
                {
                    _receiver = other;
                    other.Wake();
                    break;
                }
            }

            if (_failure is null)
            {
                _unused.Push(request);
            }
            else if (_underWay.Count == 0)
            {
                _link.Dispose();
            }
        }
    }

    // Gives the server's first error.
    private uint ReceivePart(NbdReplyHeader header, NbdRequest request, Span<byte> destination, ref ChunkCover cover, uint error, TimeSpan patience)
    {
        switch (header.Chunk)
        {
            case null when header.Error == 0:
                _link.Receive(destination, patience);
                _ = cover.TryAdd(0, destination.Length);
                break;
            case NbdChunk.OffsetData or NbdChunk.OffsetHole:
                (long start, long length) = _replies.Place(header, request, patience);
                if (!cover.TryAdd(start, length))
                {
                    throw NbdReplies.Broken("a chunk's place in what was asked for, once");
                }

                Span<byte> part = destination.Slice((int)start, (int)length);
                if (header.Chunk == NbdChunk.OffsetHole)
                {
                    part.Clear();
                }
                else
                {
                    _link.Receive(part, patience);
                }

                break;
            default:
                error = _replies.Other(header, error, patience);
                break;
        }

        return !header.IsLast || error != 0 || cover.IsWhole ? error : throw NbdReplies.Broken("a part of what was asked for");
    }

    // Whether all of it so far is in the pipe, in its order.
    private bool FillPart(NbdReplyHeader header, NbdRequest request, Pipe pipe, ref int filled, bool isWanted, TimeSpan patience)
    {
        if (header.Chunk is null && header.Error == 0)
        {
            return FillData(pipe, request.Length, ref filled, isWanted, patience);
        }

        if (header.Chunk is not (NbdChunk.OffsetData or NbdChunk.OffsetHole))
        {
            return _replies.Other(header, 0, patience) == 0;
        }

        (long start, long length) = _replies.Place(header, request, patience);
        isWanted &= start == filled;
        if (header.Chunk == NbdChunk.OffsetData)
        {
            return FillData(pipe, (int)length, ref filled, isWanted, patience);
        }

        if (!isWanted || pipe.PutZeros((int)length, out _) != length)
        {
            return false;
        }

        filled += (int)length;
        return true;
    }

    private bool FillData(Pipe pipe, int length, ref int filled, bool isWanted, TimeSpan patience)
    {
        int count = isWanted ? _link.Fill(pipe, length, patience) : 0;
        filled += count;
        _link.Skip(length - count, patience);
        return count == length;
    }

    // The numbers are Linux's own (proto.md, "Error values").
    private static void ThrowIf(uint error, long offset)
    {
        var errno = (Errno)error;
        if (errno == Errno.ESHUTDOWN)
        {
            throw new LostLinkException("the server is about to end");
        }

        if (error != 0)
        {
            throw new LinuxException("NBD_CMD_READ", error < 4096 ? errno : Errno.EIO, $"0x{offset:x}");
        }
    }

    // A server that is told of the end is not to have replies left to send: nbdkit ends by an assertion when it has.
    private bool IsDone()
    {
        long end = Environment.TickCount64 + MaxWaitMilliseconds;
        lock (_sync)
        {
            while (_failure is null && _underWay.Count > 0 && end - Environment.TickCount64 is > 0 and var left)
            {
                Monitor.Wait(_sync, (int)left);
            }

            return _failure is null && _underWay.Count == 0;
        }
    }

    private void TrySayGoodbye()
    {
        try
        {
            Send(NbdCommand.Disconnect, 0, 0, 0);
        }
        catch (Exception e) when (e is LostLinkException or ObjectDisposedException)
        {
            // It was gone already.
        }
    }

    private void ThrowIfBroken()
    {
        if (_failure is not null)
        {
            throw new LostLinkException(_failure.Message, _failure);
        }
    }
}
