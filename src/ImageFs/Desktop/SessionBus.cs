using Tmds.DBus.Protocol;

namespace ImageFs.Desktop;

/// <summary>The bus of a user's session.</summary>
internal sealed class SessionBus : IDisposable
{
    /// <summary>What the program is called on the bus, and its desktop file.</summary>
    internal const string Application = "io.github.imagefs.ImageFs";

    private SessionBus(DBusConnection connection) => Connection = connection;

    /// <summary>How long a service has to answer, which may have to be started before.</summary>
    internal static TimeSpan Patience => TimeSpan.FromSeconds(10);

    /// <summary>The connection to it.</summary>
    internal DBusConnection Connection { get; }

    /// <summary>Connects to the bus.</summary>
    /// <returns>Null when there is none.</returns>
    internal static async Task<SessionBus?> TryConnectAsync()
    {
        if (DBusAddress.Session is not { Length: > 0 } address)
        {
            return null;
        }

        DBusConnection? connection = null;
        try
        {
            connection = new DBusConnection(address);
            await connection.ConnectAsync().AsTask().WaitAsync(Patience).ConfigureAwait(false);
            return new SessionBus(connection);
        }
        catch (Exception e) when (e is DBusExceptionBase or TimeoutException or ArgumentException or IOException)
        {
            connection?.Dispose();
            return null;
        }
    }

    /// <summary>Takes a name on the bus, for as long as this process is there.</summary>
    /// <param name="name">What follows that of the application.</param>
    /// <returns>False when another process has it.</returns>
    internal Task<bool> TryTakeNameAsync(string name) => Connection.TryRequestNameAsync($"{Application}.{name}", RequestNameOptions.None);

    /// <inheritdoc/>
    public void Dispose() => Connection.Dispose();
}
