using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ImageFs.Tests.Storage.Remote.Http;

/// <summary>
/// A server of HTTP/1.1 with one file, on a port of the loopback device. It does what RFC 9110 says, unless a test has it answer otherwise: with any
/// bytes, as a hostile one would.
/// </summary>
internal sealed class HttpTestServer : IDisposable
{
    /// <summary>The tag of the file.</summary>
    public const string Tag = "\"version-1\"";

    /// <summary>The date of the file.</summary>
    public const string Modified = "Mon, 06 Jan 2020 10:00:00 GMT";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly List<HttpTestRequest> _requests = [];
    private readonly List<TcpClient> _connections = [];

    /// <param name="file">What it has at every address.</param>
    /// <param name="certificate">Its certificate, to be asked over TLS; null for without.</param>
    public HttpTestServer(byte[] file, X509Certificate2? certificate = null)
    {
        File = file;
        _certificate = certificate;
        _listener.Start();
        new Thread(Listen) { IsBackground = true }.Start();
    }

    /// <summary>What it has.</summary>
    public byte[] File { get; set; }

    /// <summary>Answers in place of the server; null is left to that.</summary>
    public Func<HttpTestRequest, HttpTestAnswer?> Answer { get; set; } = _ => null;

    /// <summary>What it was asked for, in this order.</summary>
    public IReadOnlyList<HttpTestRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The address of the file.</summary>
    public string Address => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}/a.img";

    /// <summary>What a server that knows ranges answers.</summary>
    public HttpTestAnswer Serve(HttpTestRequest request, string tag = Tag) => request.Range is not var (from, to) || (request["If-Range"] is { } condition && condition != tag)
        ? new HttpTestAnswer("200 OK", File, $"ETag: {tag}", $"Last-Modified: {Modified}")
        : from >= File.Length
            ? new HttpTestAnswer("416 Range Not Satisfiable", [], $"Content-Range: bytes */{File.Length}")
            : Part(from, Math.Min(to, File.Length - 1), tag);

    /// <summary>An answer with a part of the file.</summary>
    public HttpTestAnswer Part(long from, long to, string tag = Tag) => new(
        "206 Partial Content", File[(int)from..(int)(to + 1)], $"Content-Range: bytes {from}-{to}/{File.Length}", $"ETag: {tag}", $"Last-Modified: {Modified}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Stop();
        lock (_requests)
        {
            _connections.ForEach(connection => connection.Dispose());
        }
    }

    private void Listen()
    {
        try
        {
            while (true)
            {
                TcpClient connection = _listener.AcceptTcpClient();
                connection.NoDelay = true;
                lock (_requests)
                {
                    _connections.Add(connection);
                }

                new Thread(() => Talk(connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The end.
        }
    }

    private void Talk(TcpClient connection)
    {
        try
        {
            using Stream stream = Secure(connection.GetStream());
            while (HttpTestRequest.Read(stream) is { } request)
            {
                lock (_requests)
                {
                    _requests.Add(request);
                }

                HttpTestAnswer answer = Answer(request) ?? Serve(request);
                stream.Write(answer.Bytes);
                answer.Afterwards?.Invoke();
                if (answer.IsLast)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // Whoever asked has hung up.
        }
        finally
        {
            connection.Dispose();
        }
    }

    private Stream Secure(NetworkStream stream)
    {
        if (_certificate is null)
        {
            return stream;
        }

        var secure = new SslStream(stream);
        secure.AuthenticateAsServer(_certificate);
        return secure;
    }
}

/// <summary>What a <see cref="HttpTestServer"/> was asked for.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">The lines of the header.</param>
internal sealed record HttpTestRequest(string Target, IReadOnlyList<string> Headers)
{
    /// <summary>The value of a header; null where there is none.</summary>
    public string? this[string name] =>
        Headers.FirstOrDefault(header => header.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase)) is { } header ? header[(name.Length + 1)..].Trim() : null;

    /// <summary>The first and the last byte asked for.</summary>
    public (long From, long To)? Range =>
        this["Range"] is { } range && range["bytes=".Length..].Split('-') is [var from, var to] ? (long.Parse(from), long.Parse(to)) : null;

    /// <summary>Reads a request; null at the end.</summary>
    public static HttpTestRequest? Read(Stream stream)
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int next = stream.ReadByte();
            if (next < 0)
            {
                return null;
            }

            text.Append((char)next);
        }

        string[] lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new HttpTestRequest(lines[0].Split(' ')[1], lines[1..]);
    }
}

/// <summary>What it answers.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="IsLast">Whether it hangs up then.</param>
/// <param name="Afterwards">What is done then; null for nothing.</param>
internal sealed record HttpTestAnswer(byte[] Bytes, bool IsLast = false, Action? Afterwards = null)
{
    /// <param name="status">The status: <c>200 OK</c>.</param>
    /// <param name="body">The body.</param>
    /// <param name="headers">The lines of the header; the length of the body is added.</param>
    public HttpTestAnswer(string status, byte[] body, params string[] headers)
        : this([.. Encoding.Latin1.GetBytes(string.Join("\r\n", [$"HTTP/1.1 {status}", $"Content-Length: {body.Length}", "Date: Tue, 07 Jan 2025 10:00:00 GMT", .. headers, "\r\n"])), .. body])
    {
    }

    /// <summary>An answer of text alone.</summary>
    public static HttpTestAnswer Raw(string text) => new(Encoding.Latin1.GetBytes(text), IsLast: true);

    /// <summary>A redirection.</summary>
    public static HttpTestAnswer To(string location, string status = "302 Found") => new(status, [], $"Location: {location}");

    /// <summary>The same, cut short by so many bytes.</summary>
    public HttpTestAnswer Cut(int bytes) => new(Bytes[..^bytes], IsLast: true);
}
