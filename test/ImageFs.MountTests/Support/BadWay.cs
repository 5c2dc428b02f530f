using System.Net.Sockets;

namespace ImageFs.MountTests.Support;

/// <summary>A way to a server on a socket that does not bring everything: it cuts, waits, or changes what the server says.</summary>
internal sealed class BadWay : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _server;
    private readonly List<Socket> _open = [];

    /// <param name="folder">Where its socket is made.</param>
    /// <param name="server">The server's socket.</param>
    public BadWay(TestFolder folder, string server)
    {
        _server = server;
        Path = folder[$"w{Guid.NewGuid():N}"[..8]];
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Path { get; }

    /// <summary>Sees what the server says on a connection, from a place in it, and may change it; false cuts the connection there.</summary>
    public Func<long, byte[], int, bool> Pass { get; set; } = (_, _, _) => true;

    /// <summary>How often it was cut.</summary>
    public int Cuts { get; private set; }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
        }

        File.Delete(Path);
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                lock (_open)
                {
                    _open.Add(client);
                    _open.Add(server);
                }

                server.Connect(new UnixDomainSocketEndPoint(_server));
                new Thread(() => Relay(client, server, (_, _, _) => true)) { IsBackground = true }.Start();
                new Thread(() => Relay(server, client, Pass)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private void Relay(Socket from, Socket to, Func<long, byte[], int, bool> pass)
    {
        byte[] buffer = new byte[64 << 10];
        long at = 0;
        try
        {
            int count;
            while ((count = from.Receive(buffer)) > 0)
            {
                if (!pass(at, buffer, count))
                {
                    Cuts++;
                    to.Send(buffer, count / 2, SocketFlags.None);
                    break;
                }

                for (int sent = 0; sent < count;)
                {
                    sent += to.Send(buffer, sent, count - sent, SocketFlags.None);
                }

                at += count;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the two is gone.
        }

        from.Dispose();
        to.Dispose();
    }
}
