using System.Net;
using System.Net.Sockets;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Http;

/// <summary>What a request that failed means: whether asking again may help, and what is told of it. No message has a query or a password.</summary>
internal static class HttpFailures
{
    private const string Call = "GET";

    /// <summary>The error for a status that is no success.</summary>
    /// <param name="response">What the server answered.</param>
    /// <param name="address">What was asked for.</param>
    /// <param name="isOpening">Whether nothing was read there before: a file that there is no more is one that failed.</param>
    internal static Exception Of(HttpResponseMessage response, HttpAddress address, bool isOpening)
    {
        int status = (int)response.StatusCode;
        string answer = $"the server answers {status}";
        (Errno errno, string advice) = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => (Errno.EACCES, "the server wants a user and a password: give them in ~/.netrc, or a token by -o http-header=@FILE"),
            HttpStatusCode.Forbidden => (Errno.EACCES, "the server refuses it; an address with a signature may have expired"),
            HttpStatusCode.ProxyAuthenticationRequired => (Errno.EACCES, "the proxy wants a user and a password: http_proxy and https_proxy may name them"),
            HttpStatusCode.NotFound or HttpStatusCode.Gone => (Errno.ENOENT, answer),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 => (Errno.None, answer),
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => (Errno.EOPNOTSUPP, answer),
            >= HttpStatusCode.InternalServerError => (Errno.None, answer),
            _ => (Errno.EPROTO, answer),
        };
        return errno == Errno.None
            ? new LostLinkException(advice) { After = RetryAfter(response) }
            : new LinuxException(Call, isOpening ? errno : Errno.EIO, address.Name, advice);
    }

    /// <summary>The error for a request that had no answer, or not all of it.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="address">What was asked for.</param>
    /// <param name="isOpening">Whether nothing was read there before: then a server that is not there will not come by waiting.</param>
    internal static Exception Of(Exception error, HttpAddress address, bool isOpening)
    {
        Errno errno = isOpening ? Errno.ENXIO : Errno.EIO;
        return error switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } e => new LinuxException(
                Call, isOpening ? Errno.EACCES : Errno.EIO, address.Name, $"no secure connection: {InnermostOf(e)} (-o ca=FILE names a private authority)"),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } when isOpening => new LinuxException(
                Call, errno, address.Name, $"no such host: {address.Target.IdnHost}"),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => new LinuxException(
                Call, errno, address.Name, "the proxy makes no connection; http_proxy, https_proxy and no_proxy say which it is"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new LinuxException(
                Call, isOpening ? Errno.EPROTO : Errno.EIO, address.Name, "the server's answer has headers without end"),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => new LinuxException(
                Call, isOpening ? Errno.EPROTO : Errno.EIO, address.Name, "the server's answer is not HTTP"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError, InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } when isOpening =>
                new LinuxException(Call, Errno.ECONNREFUSED, address.Name),
            _ => new LostLinkException(Describe(error), error),
        };
    }

    private static string Describe(Exception error) => error switch
    {
        OperationCanceledException => "the server does not answer in time",
        _ when FindSocketError(error) is { } socket => socket.SocketErrorCode switch
        {
            SocketError.TimedOut => "the server does not answer in time",
            SocketError.ConnectionRefused => "the connection is refused",
            SocketError.ConnectionReset => "the connection was cut",
            _ => socket.Message,
        },
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection was cut",
        _ => error.Message,
    };

    private static SocketException? FindSocketError(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is SocketException found)
            {
                return found;
            }
        }

        return null;
    }

    private static string InnermostOf(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error.Message.TrimEnd('.');
    }

    // Seconds, or a date (RFC 9110 10.2.3).
    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is not { } after ? null : after.Delta ?? (after.Date is { } date ? date - DateTimeOffset.UtcNow : null);
}
