using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ImageFs.MountTests.Support;

/// <summary>A server of NBD that others wrote, on a socket of this machine or a port of 127.0.0.1, until it is disposed.</summary>
internal sealed class NbdServer : IDisposable
{
    private readonly string[] _command;
    private Process? _process;

    private NbdServer(string uri, string socket, params string[] command)
    {
        Uri = uri;
        Socket = socket;
        _command = command;
        Start();
    }

    /// <summary>Where it is.</summary>
    public string Uri { get; }

    /// <summary>Its socket's path; empty with a port.</summary>
    public string Socket { get; }

    /// <summary>nbdkit on a socket.</summary>
    /// <param name="folder">Where the socket is made.</param>
    /// <param name="arguments">Filters, plugin and their parameters.</param>
    public static NbdServer Nbdkit(TestFolder folder, params string[] arguments)
    {
        Need.Program("nbdkit", "nbdkit");
        string socket = NewSocket(folder);
        return new NbdServer($"nbd+unix:///?socket={socket}", socket, ["nbdkit", "-f", "-U", socket, .. arguments]);
    }

    /// <summary>nbdkit on a port of 127.0.0.1.</summary>
    public static NbdServer NbdkitByTcp(params string[] arguments)
    {
        Need.Program("nbdkit", "nbdkit");
        int port = FreePort();
        return new NbdServer($"nbd://127.0.0.1:{port}/", string.Empty, ["nbdkit", "-f", "-i", "127.0.0.1", "-p", $"{port}", .. arguments]);
    }

    /// <summary>qemu-nbd on a socket; its export is called "disk".</summary>
    /// <param name="folder">Where the socket is made.</param>
    /// <param name="format">The format of the disk.</param>
    /// <param name="disk">The disk.</param>
    public static NbdServer Qemu(TestFolder folder, string format, string disk)
    {
        Need.Program("qemu-nbd", "qemu-utils");
        string socket = NewSocket(folder);
        return new NbdServer($"nbd+unix:///disk?socket={socket}", socket, "qemu-nbd", "-r", "-t", "-e", "8", "-x", "disk", "-f", format, "-k", socket, disk);
    }

    /// <summary>Starts it; it answers when this returns.</summary>
    public void Start()
    {
        _process = Process.Start(Tool.Start(_command[0], _command[1..]))!;
        Assert.That(ImageMount.Eventually(() => _process.HasExited || IsThere()));
        Assert.That(_process.HasExited, Is.False, () => _process.StandardError.ReadToEnd());
    }

    /// <summary>Ends it without a word to anybody.</summary>
    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
        if (Socket.Length > 0)
        {
            File.Delete(Socket);
        }
    }

    public void Dispose() => Kill();

    private static string NewSocket(TestFolder folder) => folder[$"s{Guid.NewGuid():N}"[..8]];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool IsThere()
    {
        EndPoint place = Socket.Length > 0 ? new UnixDomainSocketEndPoint(Socket) : new IPEndPoint(IPAddress.Loopback, new Uri(Uri).Port);
        using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(place);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
