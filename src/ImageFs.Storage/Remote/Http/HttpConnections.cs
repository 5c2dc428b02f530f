using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ImageFs.Storage.Remote.Http;

/// <summary>
/// How servers are connected with: through the proxies that the environment names, with certificates checked, and with a limit to the time
/// that nothing comes in.
/// </summary>
internal static class HttpConnections
{
    // More would not be faster, and a server may refuse them.
    private const int MaxConnections = 16;

    // Of a stream of HTTP/2: what is on its way at once. At 64 KiB a part would take a round trip for each.
    private const int StreamWindow = 4 << 20;

    private static readonly TimeSpan s_leastPing = TimeSpan.FromSeconds(1);

    /// <summary>Makes what sends requests; nothing is connected yet.</summary>
    /// <param name="options">What the user says of it.</param>
    /// <param name="limit">How long nothing may come in, and how long connecting may take.</param>
    /// <exception cref="OptionException">There are no certificates in the file of authorities.</exception>
    /// <exception cref="Linux.LinuxException">It cannot be read.</exception>
    internal static HttpMessageInvoker Create(HttpOptions options, TimeSpan limit)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = MaxConnections,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindow,
            ConnectTimeout = limit,
            KeepAlivePingDelay = limit > s_leastPing ? limit : s_leastPing,
            KeepAlivePingTimeout = limit > s_leastPing ? limit : s_leastPing,
            ConnectCallback = (context, cancellation) => Connect(context.DnsEndPoint, limit, cancellation),
        };
        if (options.Authorities is { } text)
        {
            OpenSsl.Require("TLS");
            var authorities = new X509Certificate2Collection();
            try
            {
                authorities.ImportFromPem(text);
            }
            catch (CryptographicException)
            {
                // What was read before it counts; of none there is an error.
            }

            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(
                authorities.Count > 0 ? authorities : throw new OptionException("ca", "the file has no certificate in PEM"));
        }

        return new HttpMessageInvoker(handler);
    }

    // A socket that was never waited for by the runtime's own means blocks, and a read of it is one call. Who gives up the waiting leaves the call
    // to its thread, which hears of it when the socket is closed.
    private static async ValueTask<Stream> Connect(DnsEndPoint server, TimeSpan limit, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)limit.TotalMilliseconds,
            SendTimeout = (int)limit.TotalMilliseconds,
        };
        try
        {
            await Task.Run(() => socket.Connect(server), CancellationToken.None).WaitAsync(cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
