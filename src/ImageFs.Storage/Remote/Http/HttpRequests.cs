using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Http;

/// <summary>
/// Asks for a file or a part of it, wherever the server sends on to. It does so by itself, and not by the library: what may be told to
/// another server, and that what began encrypted stays so, is decided here.
/// </summary>
/// <remarks>From several threads at once. Over a connection without encryption the thread that asks does all of it.</remarks>
internal sealed class HttpRequests : IDisposable
{
    private const int MaxRedirections = 10;

    private static readonly Version s_version2 = new(2, 0);

    private readonly HttpAddress _origin;
    private readonly HttpMessageInvoker _client;
    private readonly HttpOptions _options;
    private readonly string? _authorization;

    // Where the file is in truth: the server that was asked first need not be asked each time.
    private volatile HttpAddress _place;

    /// <param name="address">What is asked for.</param>
    /// <param name="options">What the user says of how.</param>
    /// <param name="limit">How long nothing may come in of an answer that has begun, and how long connecting may take.</param>
    /// <exception cref="OptionException">A file that an option names has not what it should.</exception>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    internal HttpRequests(HttpAddress address, HttpOptions options, TimeSpan limit)
    {
        _origin = address;
        _place = address;
        _options = options;
        _client = HttpConnections.Create(options, limit);
        _authorization = FindAuthorization(address, options);
    }

    /// <summary>The address that was given.</summary>
    internal HttpAddress Address => _origin;

    /// <summary>Asks, and gives the answer once its headers are there. Dispose of it: what is not read of it then is not fetched.</summary>
    /// <param name="range">The bytes asked for; null for all.</param>
    /// <param name="condition">The version that they are to be of (<see cref="FileVersion.Condition"/>); null for any.</param>
    /// <param name="isOpening">Whether nothing was read before.</param>
    /// <param name="patience">How long each server may say nothing.</param>
    /// <exception cref="LostLinkException">It may help to ask again.</exception>
    /// <exception cref="LinuxException">It will not.</exception>
    /// <exception cref="UnsupportedFeatureException">There is no library for TLS.</exception>
    internal HttpResponseMessage Get(RangeHeaderValue? range, string? condition, bool isOpening, TimeSpan patience)
    {
        HttpAddress place = _place;
        HttpResponseMessage response = Send(place, range, condition, isOpening, patience);
        if (!ReferenceEquals(place, _origin) && IsLost(response))
        {
            // What the server sent on to was good for a while only.
            response.Dispose();
            place = _origin;
            response = Send(place, range, condition, isOpening, patience);
        }

        for (int count = 0; FindRedirection(response) is { } location; count++)
        {
            response.Dispose();
            HttpAddress next = place.Follow(location);
            if (count == MaxRedirections)
            {
                throw new LinuxException("GET", isOpening ? Errno.ELOOP : Errno.EIO, _origin.Name, $"the server sends on more than {MaxRedirections} times");
            }

            if (place.IsSecure && !next.IsSecure)
            {
                throw new LinuxException("GET", isOpening ? Errno.EACCES : Errno.EIO, _origin.Name, $"the server sends on to {next.Name}, where nothing is encrypted");
            }

            place = next;
            response = Send(place, range, condition, isOpening, patience);
        }

        _place = place;
        return response;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // The library's synchronous requests are of HTTP/1.1 alone; over TLS the two sides agree on which it is.
    private HttpResponseMessage Send(HttpAddress address, RangeHeaderValue? range, string? condition, bool isOpening, TimeSpan patience)
    {
        using HttpRequestMessage request = MakeRequest(address, range, condition);
        using var end = new CancellationTokenSource(patience);
        try
        {
            if (!address.IsSecure)
            {
                return _client.Send(request, end.Token);
            }

            OpenSsl.Require("TLS");
            request.Version = s_version2;
            return _client.SendAsync(request, end.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException and not LinuxException)
        {
            throw HttpFailures.Of(e, address, isOpening);
        }
    }

    private HttpRequestMessage MakeRequest(HttpAddress address, RangeHeaderValue? range, string? condition)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address.Target) { VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        request.Headers.Range = range;
        Add(request, "Accept-Encoding", "identity");
        Add(request, "User-Agent", "imagefs");
        if (condition is not null)
        {
            Add(request, "If-Range", condition);
        }

        if (_origin.IsSameServer(address))
        {
            foreach ((string name, string value) in _options.Headers)
            {
                _ = request.Headers.Remove(name);
                Add(request, name, value);
            }

            if (_authorization is not null)
            {
                Add(request, "Authorization", _authorization);
            }
        }

        return request;
    }

    private static void Add(HttpRequestMessage request, string name, string value) => _ = request.Headers.TryAddWithoutValidation(name, value);

    // What the address says counts first, then a header that the user gave, then ~/.netrc.
    private static string? FindAuthorization(HttpAddress address, HttpOptions options)
    {
        string? user = address.User;
        string? password = address.Password;
        if (password is null)
        {
            if (user is null && options.Headers.Any(header => header.Name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)))
            {
                return null;
            }

            if (options.Netrc.Find(address.Target.IdnHost, user) is { } found)
            {
                (user, password) = found;
            }
        }

        return user is null ? null : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}";
    }

    private static bool IsLost(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone;

    private static string? FindRedirection(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.NonValidated.TryGetValues("Location", out HeaderStringValues location)
            ? location.ToString()
            : null;
}
