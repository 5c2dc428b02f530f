using System.Net.Sockets;
using System.Text;
using ImageFs.Output;

namespace ImageFs.Mounting;

/// <summary>What a service manager is told of a service's state (sd_notify(3)), where it has said by NOTIFY_SOCKET that it listens.</summary>
internal static class ServiceManager
{
    private const string Variable = "NOTIFY_SOCKET";

    private static Socket? _socket;

    /// <summary>From now on, here and in processes that are started, there is none.</summary>
    internal static void Ignore() => Environment.SetEnvironmentVariable(Variable, null);

    /// <summary>Connects to it, where it listens: later this process may not be allowed to.</summary>
    internal static void Reach() => Try(static path => _socket = Connect(path));

    /// <summary>The mount answers.</summary>
    /// <param name="status">A line about it, for people.</param>
    /// <param name="server">The process that serves it, when it is another than this one.</param>
    internal static void SayReady(string status, int? server) =>
        Say(server is { } process ? $"MAINPID={process}\nREADY=1\nSTATUS={PrintableText.Of(status)}" : $"READY=1\nSTATUS={PrintableText.Of(status)}");

    /// <summary>The mount is about to end.</summary>
    internal static void SayStopping() => Say("STOPPING=1");

    // A name in the abstract namespace begins with a NUL, which is written as @. Who does not listen misses it.
    private static void Say(string state) => Try(path =>
    {
        using Socket? own = _socket is null ? Connect(path) : null;
        (_socket ?? own!).Send(Encoding.UTF8.GetBytes(state));
    });

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Try(Action<string> action)
    {
        string? path = Environment.GetEnvironmentVariable(Variable);
        if (path is not ['@' or '/', _, ..])
        {
            return;
        }

        try
        {
            action(path);
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            Log.WriteToStandardError($"{Variable}={path}: {e.Message}");
        }
    }
}
