using System.Threading.Channels;
using Tmds.DBus.Protocol;

namespace ImageFs.Desktop;

/// <summary>What shows notifications (Desktop Notifications Specification 1.3).</summary>
internal sealed class NotificationServer
{
    private const string Service = "org.freedesktop.Notifications";
    private const string ServicePath = "/org/freedesktop/Notifications";

    private readonly DBusConnection _connection;
    private readonly Channel<NotificationEvent> _events = Channel.CreateUnbounded<NotificationEvent>();

    private NotificationServer(DBusConnection connection) => _connection = connection;

    /// <summary>What users do with notifications, in the order in which they do it; it ends when the bus does.</summary>
    internal ChannelReader<NotificationEvent> Events => _events.Reader;

    /// <summary>What it can do: <c>actions</c>, <c>body-markup</c>.</summary>
    internal IReadOnlySet<string> Capabilities { get; private set; } = new HashSet<string>();

    /// <summary>Reaches the one of a session.</summary>
    /// <param name="bus">The session's bus.</param>
    /// <returns>Null when there is none.</returns>
    internal static async Task<NotificationServer?> TryReachAsync(SessionBus bus)
    {
        var server = new NotificationServer(bus.Connection);
        try
        {
            await server.ReachAsync().WaitAsync(SessionBus.Patience).ConfigureAwait(false);
            return server;
        }
        catch (Exception e) when (e is DBusExceptionBase or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Shows a notification until it is closed.</summary>
    /// <param name="notification">What it says.</param>
    /// <returns>Its number.</returns>
    internal Task<uint> ShowAsync(Notification notification)
    {
        return _connection.CallMethodAsync(Create(), static (message, _) => message.GetBodyReader().ReadUInt32()).WaitAsync(SessionBus.Patience);

        MessageBuffer Create()
        {
            using MessageWriter writer = _connection.GetMessageWriter();
            writer.WriteMethodCallHeader(Service, ServicePath, Service, "Notify", "susssasa{sv}i");
            writer.WriteString("ImageFs");
            writer.WriteUInt32(0);
            writer.WriteString(notification.Icon);
            writer.WriteString(notification.Summary);
            writer.WriteString(Capabilities.Contains("body-markup") ? Escape(notification.Body) : notification.Body);
            writer.WriteArray(Capabilities.Contains("actions") ? notification.Actions.SelectMany(action => new[] { action.Key, action.Label }).ToArray() : []);
            writer.WriteDictionary(new Dictionary<string, VariantValue> { ["desktop-entry"] = SessionBus.Application, ["resident"] = true });
            writer.WriteInt32(notification.Actions.Count > 0 ? 0 : -1);
            return writer.CreateMessage();
        }
    }

    /// <summary>Takes a notification away.</summary>
    /// <param name="id">Its number.</param>
    internal Task CloseAsync(uint id)
    {
        return _connection.CallMethodAsync(Create()).WaitAsync(SessionBus.Patience);

        MessageBuffer Create()
        {
            using MessageWriter writer = _connection.GetMessageWriter();
            writer.WriteMethodCallHeader(Service, ServicePath, Service, "CloseNotification", "u");
            writer.WriteUInt32(id);
            return writer.CreateMessage();
        }
    }

    private async Task ReachAsync()
    {
        Task<string[]> capabilities = _connection.CallMethodAsync(CreateQuestion(), static (message, _) => message.GetBodyReader().ReadArrayOfString());
        Capabilities = (await capabilities.ConfigureAwait(false)).ToHashSet();
        await WatchAsync("ActionInvoked", static (message, _) =>
        {
            Reader reader = message.GetBodyReader();
            return new NotificationEvent(reader.ReadUInt32(), reader.ReadString());
        }).ConfigureAwait(false);
        await WatchAsync("NotificationClosed", static (message, _) =>
            new NotificationEvent(message.GetBodyReader().ReadUInt32(), Action: null)).ConfigureAwait(false);

        MessageBuffer CreateQuestion()
        {
            using MessageWriter writer = _connection.GetMessageWriter();
            writer.WriteMethodCallHeader(Service, ServicePath, Service, "GetCapabilities");
            return writer.CreateMessage();
        }
    }

    private async Task WatchAsync(string signal, MessageValueReader<NotificationEvent> read)
    {
        var rule = new MatchRule { Type = MessageType.Signal, Sender = Service, Path = ServicePath, Interface = Service, Member = signal };
        _ = await _connection.AddMatchAsync(rule, read, Pass, emitOnCapturedContext: false, flags: ObserverFlags.EmitAll).ConfigureAwait(false);

        void Pass(Notification<NotificationEvent> received) =>
            _ = received.HasValue ? _events.Writer.TryWrite(received.Value) : _events.Writer.TryComplete();
    }

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);
}
