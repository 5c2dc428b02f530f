using System.Net;
using System.Net.Sockets;

namespace ImageFs.MountTests.Support;

/// <summary>A way to a server on a socket that does not bring everything: it cuts, waits, or changes what the server says.</summary>
internal sealed class BadWay : IDisposable
{
    private readonly Socket _listener;
    private readonly EndPoint _server;
    private readonly List<Socket> _open = [];

    /// <param name="folder">Where its socket is made.</param>
    /// <param name="server">The server's socket.</param>
    public BadWay(TestFolder folder, string server)
        : this(new UnixDomainSocketEndPoint(folder[$"w{Guid.NewGuid():N}"[..8]]), new UnixDomainSocketEndPoint(server))
    {
    }

    /// <param name="port">The server's port on this machine.</param>
    public BadWay(int port)
        : this(new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, port))
    {
    }

    private BadWay(EndPoint place, EndPoint server)
    {
        _server = server;
        _listener = Open(place);
        _listener.Bind(place);
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Its socket, where the server has one.</summary>
    public string Path => _listener.LocalEndPoint!.ToString()!;

    /// <summary>Its port, where the server has one.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>How long what is said to the server takes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Sees what the server says on a connection, from a place in it, and may change it; false cuts the connection there.</summary>
    public Func<long, byte[], int, bool> Pass { get; set; } = (_, _, _) => true;

    /// <summary>How often it was cut.</summary>
    public int Cuts { get; private set; }

    public void Dispose()
    {
        string? path = _server is UnixDomainSocketEndPoint ? Path : null;
        _listener.Dispose();
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
        }

        if (path is not null)
        {
            File.Delete(path);
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                Socket server = Open(_server);
                lock (_open)
                {
                    _open.Add(client);
                    _open.Add(server);
                }

                server.Connect(_server);
                new Thread(() => Relay(client, server, Wait)) { IsBackground = true }.Start();
                new Thread(() => Relay(server, client, Pass)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private static Socket Open(EndPoint place) => new(place.AddressFamily, SocketType.Stream, place is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);

    private bool Wait(long at, byte[] bytes, int count)
    {
        Thread.Sleep(Delay);
        return true;
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
