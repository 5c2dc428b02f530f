using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>Bytes to and from a server, over a plain socket or TLS. One thread may send while another receives.</summary>
internal sealed class NbdLink : IDisposable
{
    private const int KeepAliveSeconds = 30;
    private const ushort UnixFamily = 1;
    private const int MaxUnixPath = 107;

    private readonly FileDescriptor _socket;

    // How long a read of the socket waits now.
    private TimeSpan _timeout;
    private Stream? _secure;

    // What came before it was wanted.
    private byte[] _ahead = [];
    private int _start;
    private int _end;

    private NbdLink(FileDescriptor socket, TimeSpan patience)
    {
        _socket = socket;
        _timeout = patience;
    }

    /// <summary>Whether bytes can go from the socket as they are.</summary>
    public bool IsPlain => _secure is null;

    /// <summary>Connects.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="patience">How long that may take; and how long the server may take nothing, or say nothing where TLS is spoken.</param>
    /// <exception cref="LostLinkException">It cannot be connected now.</exception>
    public static NbdLink Connect(NbdAddress address, TimeSpan patience)
    {
        Errno errno = Errno.ENOENT;
        foreach (byte[] place in Resolve(address))
        {
            if (Linux.Sockets.TryConnect(place, patience, out errno) is { } socket)
            {
                if (address.Socket is null)
                {
                    Linux.Sockets.KeepAlive(socket, KeepAliveSeconds);
                }

                return new NbdLink(socket, patience);
            }
        }

        errno = errno is Errno.EINPROGRESS or Errno.EAGAIN ? Errno.ETIMEDOUT : errno;
        throw new LostLinkException($"connect: {LinuxException.Text(errno)}", new LinuxException("connect", errno, address.Place));
    }

    /// <summary>Speaks TLS from now on.</summary>
    /// <inheritdoc cref="NbdTls.Start"/>
    public void Secure(NbdTls tls) => _secure = tls.Start(new DescriptorStream(_socket));

    /// <summary>Sends bytes.</summary>
    /// <exception cref="LostLinkException">The connection is lost.</exception>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_secure is not null)
        {
            try
            {
                _secure.Write(bytes);
                return;
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                throw new LostLinkException(e.Message, e);
            }
        }

        while (bytes.Length > 0)
        {
            int count = Descriptors.Write(_socket, bytes, out Errno errno);
            bytes = count > 0 ? bytes[count..] : throw Lost(errno);
        }
    }

    /// <summary>
    /// From now on, of what is small so many bytes are received by one call if they are there, and kept for who wants them next. What is spliced
    /// has to be in the socket still: then it is what comes before the bytes of an export.
    /// </summary>
    public void ReceiveAhead(int length) => _ahead = new byte[length];

    /// <summary>Receives as many bytes as wanted.</summary>
    /// <param name="destination">Filled whole.</param>
    /// <param name="patience">How long the server may say nothing.</param>
    /// <param name="before">Bytes of the same reply, or chunk of one, that were received before: they count for what is received ahead.</param>
    /// <exception cref="LostLinkException">The connection is lost, or the server said nothing for so long.</exception>
    public void Receive(Span<byte> destination, TimeSpan patience, int before = 0)
    {
        int ahead = _ahead.Length - before;
        while (destination.Length > 0)
        {
            int count = Math.Min(_end - _start, destination.Length);
            if (count > 0)
            {
                _ahead.AsSpan(_start, count).CopyTo(destination);
                _start += count;
                ahead -= count;
            }
            else if (_secure is not null)
            {
                count = ReceiveSecure(destination);
            }
            else if (destination.Length >= ahead)
            {
                count = ReceivePlain(destination, patience);
            }
            else
            {
                (_start, _end) = (0, ReceivePlain(_ahead.AsSpan(0, ahead), patience));
            }

            destination = destination[count..];
        }
    }

    /// <summary>Splices bytes that come from the server into a pipe.</summary>
    /// <param name="pipe">The pipe.</param>
    /// <param name="length">How many.</param>
    /// <param name="patience">How long the server may say nothing.</param>
    /// <returns>How many are in the pipe: less than wanted when it was full, and none when some were received ahead.</returns>
    /// <exception cref="LostLinkException">The connection is lost, or the server said nothing for so long.</exception>
    public int Fill(Pipe pipe, int length, TimeSpan patience)
    {
        int done = 0;
        bool hasBytes = false;
        while (done < length && _start == _end)
        {
            int count = pipe.Fill(_socket, length - done, out Errno errno);
            if (count > 0)
            {
                done += count;
                hasBytes = false;
            }
            else if (count == 0)
            {
                throw Lost(Errno.None);
            }
            else if (errno != Errno.EAGAIN)
            {
                throw Lost(errno);
            }
            else if (hasBytes)
            {
                // There are bytes, and no room for them.
                break;
            }
            else
            {
                hasBytes = Linux.Sockets.Wait(_socket, patience) ? true : throw Lost(Errno.ETIMEDOUT);
            }
        }

        return done;
    }

    /// <summary>Receives bytes that nobody wants.</summary>
    /// <inheritdoc cref="Receive"/>
    public void Skip(long length, TimeSpan patience)
    {
        using var buffer = new PooledBuffer((int)Math.Min(length, 64 << 10));
        while (length > 0)
        {
            int count = (int)Math.Min(length, buffer.Span.Length);
            Receive(buffer.Span[..count], patience);
            length -= count;
        }
    }

    /// <summary>Ends the connection under the hands of whoever sends or receives.</summary>
    public void ShutDown()
    {
        if (!_socket.IsClosed)
        {
            Linux.Sockets.ShutDown(_socket);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _secure?.Dispose();
        _socket.Dispose();
    }

    private int ReceivePlain(Span<byte> destination, TimeSpan patience)
    {
        if (patience != _timeout)
        {
            Linux.Sockets.SetTimeouts(_socket, patience);
            _timeout = patience;
        }

        while (true)
        {
            int count = Descriptors.Read(_socket, destination, out Errno errno);
            if (count > 0)
            {
                return count;
            }

            if (count == 0 || errno != Errno.EINTR)
            {
                throw Lost(errno == Errno.EAGAIN ? Errno.ETIMEDOUT : errno);
            }
        }
    }

    private int ReceiveSecure(Span<byte> destination)
    {
        try
        {
            int count = _secure!.Read(destination);
            return count > 0 ? count : throw Lost(Errno.None);
        }
        catch (Exception e) when (e is (IOException and not LostLinkException) or ObjectDisposedException)
        {
            throw new LostLinkException(e.Message, e);
        }
    }

    private static LostLinkException Lost(Errno errno) =>
        new(errno == Errno.None ? "the server hung up" : errno == Errno.ETIMEDOUT ? "the server does not answer" : LinuxException.Text(errno));

    // The addresses of a name, as the kernel has them.
    private static IEnumerable<byte[]> Resolve(NbdAddress address)
    {
        if (address.Socket is { } path)
        {
            byte[] name = ByteText.ToBytes(path);
            if (name.Length > MaxUnixPath)
            {
                throw new UnsupportedFeatureException($"a socket whose path has more than {MaxUnixPath} bytes");
            }

            byte[] place = new byte[2 + name.Length + 1];
            BitConverter.TryWriteBytes(place, UnixFamily);
            name.CopyTo(place, 2);
            return [place];
        }

        try
        {
            IPAddress[] found = IPAddress.TryParse(address.Host, out IPAddress? number) ? [number] : Dns.GetHostAddresses(address.Host);
            return found.Select(one => new IPEndPoint(one, address.Port).Serialize()).Select(place => place.Buffer[..place.Size].ToArray());
        }
        catch (SocketException e)
        {
            throw new LostLinkException($"{address.Host}: {e.Message}", e);
        }
    }

    /// <summary>Receives a number.</summary>
    /// <inheritdoc cref="Receive"/>
    public ulong ReceiveUInt64(TimeSpan patience)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Receive(bytes, patience);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
