using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>An export of an NBD server, over as many connections as are of use: those that are lost are made anew when something is asked for.</summary>
internal sealed class NbdTransport : RemoteTransport
{
    // More at once than a connection can carry find another, where the server takes several.
    private const int MaxConnections = 4;
    private const int RequestsForOne = 2;
    private const int UsualMaxRequest = 4 << 20;
    private const int SmallestFill = 64 << 10;

    private static readonly TimeSpan s_listPatience = TimeSpan.FromSeconds(5);

    private readonly NbdAddress _address;
    private readonly bool _isSpliced;
    private readonly NbdExport _export;
    private readonly object _sync = new();
    private readonly List<NbdConnection> _connections = [];
    private int _mostFilled = int.MaxValue;
    private bool _isConnecting;
    private bool _isOver;

    /// <summary>Connects to the server.</summary>
    /// <param name="name">The location, for messages.</param>
    /// <param name="address">The same, taken apart.</param>
    /// <param name="isSpliced">Whether <see cref="TryFill"/> is to be of use: what is read is kept nowhere.</param>
    /// <param name="patience">How long that may take.</param>
    /// <exception cref="LostLinkException">The server does not answer, or breaks the protocol.</exception>
    /// <exception cref="LinuxException">The server refuses.</exception>
    /// <exception cref="UnsupportedFeatureException">It is no such server.</exception>
    public NbdTransport(string name, NbdAddress address, bool isSpliced, TimeSpan patience)
    {
        Name = name;
        _address = address;
        _isSpliced = isSpliced;
        var first = NbdConnection.Open(address, isSpliced, patience);
        _export = first.Export;
        _connections.Add(first);
        Fills = isSpliced && first.Fills;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Identity => $"nbd {_address.Place} {_address.Export}";

    /// <inheritdoc/>
    public override long Length => _export.Length;

    /// <inheritdoc/>
    public override int MinBlock => _export.MinBlock;

    /// <inheritdoc/>
    public override int PreferredBlock => _export.PreferredBlock;

    /// <inheritdoc/>
    public override int MaxRequest => (int)Math.Min(_export.MaxRequest, UsualMaxRequest);

    /// <inheritdoc/>
    public override bool Fills { get; }

    /// <inheritdoc/>
    public override bool TellsZeros => _export.Allocation is not null;

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> destination, TimeSpan patience) => Take(patience).Read(offset, destination, patience);

    /// <inheritdoc/>
    public override bool TryFill(Pipe pipe, long offset, int length, TimeSpan patience)
    {
        if (length > Math.Min(_mostFilled, MaxRequest) || offset % MinBlock != 0 || (length % MinBlock != 0 && offset + length != Length))
        {
            return false;
        }

        if (Take(patience).TryFill(pipe, offset, length, patience))
        {
            return true;
        }

        // Bytes come in pieces of any size, and each takes a place in the pipe.
        _mostFilled = Math.Max(SmallestFill, length / 2);
        return false;
    }

    /// <inheritdoc/>
    public override bool TryFindZeros(long offset, long length, ICollection<(long Length, bool IsZero)> runs, TimeSpan patience)
    {
        // A request's length has 32 bits, and this one no other bound (proto.md, "Block size constraints").
        int asked = (int)Math.Min(length, 1 << 30);
        return Take(patience).TryFindZeros(offset, asked, runs, patience);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ListImages() => _address.Export.Length == 0 ? TryList(_address, s_listPatience) : null;

    /// <summary>Names the exports of a server.</summary>
    /// <param name="address">Where it is; which export is meant does not matter.</param>
    /// <param name="patience">How long it may say nothing.</param>
    /// <returns>Null where it does not tell.</returns>
    public static IReadOnlyList<string>? TryList(NbdAddress address, TimeSpan patience)
    {
        try
        {
            using NbdLink link = NbdLink.Connect(address, patience);
            var handshake = new NbdHandshake(link, address, patience);
            handshake.Begin();
            IReadOnlyList<string>? names = handshake.List();
            handshake.Abort();
            return names;
        }
        catch (Exception e) when (e is LostLinkException or LinuxException or ImageException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (_sync)
        {
            _isOver = true;
            _connections.ForEach(connection => connection.Dispose());
            _connections.Clear();
            Monitor.PulseAll(_sync);
        }
    }

    // The connection with the least to do; where there is none, one thread makes it, and the others wait for that.
    private NbdConnection Take(TimeSpan patience)
    {
        lock (_sync)
        {
            while (true)
            {
                if (_isOver)
                {
                    throw new LostLinkException("the image was closed");
                }

                if (FindLeastBusy() is { } connection)
                {
                    AddAnother(connection, patience);
                    return connection;
                }

                if (!_isConnecting)
                {
                    _isConnecting = true;
                    break;
                }

                Monitor.Wait(_sync);
            }
        }

        return Connect(patience);
    }

    private NbdConnection? FindLeastBusy()
    {
        NbdConnection? best = null;
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            NbdConnection connection = _connections[i];
            if (connection.IsBroken)
            {
                // A server that hung up on one has mostly hung up on all: those that have nothing to do are not tried one by one.
                RemoveIdle();
                return FindLeastBusy();
            }

            best = best is null || connection.UnderWay < best.UnderWay ? connection : best;
        }

        return best;
    }

    private void RemoveIdle()
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            if (_connections[i].IsBroken || _connections[i].UnderWay == 0)
            {
                _connections[i].Dispose();
                _connections.RemoveAt(i);
            }
        }
    }

    // Who asks now does not wait for the next connection.
    private void AddAnother(NbdConnection leastBusy, TimeSpan patience)
    {
        if (leastBusy.UnderWay >= RequestsForOne && !_isConnecting && _connections.Count < MaxConnections && _export.Flags.HasFlag(NbdFlags.CanMultiConnect))
        {
            _isConnecting = HelperThread.TryStart(() => TryConnect(patience), "connect") is not null;
        }
    }

    private void TryConnect(TimeSpan patience)
    {
        try
        {
            Connect(patience);
        }
        catch (Exception e) when (e is LostLinkException or LinuxException or ImageException)
        {
            // There are others.
        }
    }

    private NbdConnection Connect(TimeSpan patience)
    {
        NbdConnection? connection = null;
        try
        {
            connection = NbdConnection.Open(_address, _isSpliced, patience);
            if (connection.Export != _export)
            {
                throw new LinuxException("NBD_OPT_GO", Errno.ESTALE, Name, "the export is another one than it was");
            }

            lock (_sync)
            {
                if (_isOver)
                {
                    throw new LostLinkException("the image was closed");
                }

                _connections.Add(connection);
            }

            return connection;
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
        finally
        {
            lock (_sync)
            {
                _isConnecting = false;
                Monitor.PulseAll(_sync);
            }
        }
    }
}
