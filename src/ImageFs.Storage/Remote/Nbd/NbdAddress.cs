using System.Globalization;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>
/// Where an export is, by its URI (doc/uri.md of NBD): <c>nbd://HOST[:PORT]/EXPORT</c>, <c>nbd+unix:///EXPORT?socket=PATH</c>; with <c>nbds</c> all
/// goes by TLS.
/// </summary>
/// <param name="Host">The host's name or address; empty with a socket of this machine.</param>
/// <param name="Port">The port there.</param>
/// <param name="Socket">The path of a socket of this machine; null for a host.</param>
/// <param name="Export">The export's name; empty for the one that the server gives to who names none.</param>
/// <param name="Tls">How TLS is spoken; null for not at all.</param>
internal sealed record NbdAddress(string Host, int Port, string? Socket, string Export, NbdTls? Tls)
{
    private const int UsualPort = 10809;
    private const string Secure = "nbds";
    private const string UnixSuffix = "+unix";

    /// <summary>Where it is, for messages.</summary>
    public string Place => Socket ?? string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads a URI.</summary>
    /// <exception cref="UnsupportedFeatureException">It is none, or asks for something that is not done here.</exception>
    public static NbdAddress Parse(string uri)
    {
        int schemeEnd = uri.IndexOf("://", StringComparison.Ordinal);
        string scheme = uri[..schemeEnd].ToLowerInvariant();
        string rest = uri[(schemeEnd + 3)..];
        if (rest.IndexOf('#', StringComparison.Ordinal) is >= 0 and var fragment)
        {
            rest = rest[..fragment];
        }

        int queryStart = rest.IndexOf('?', StringComparison.Ordinal);
        Dictionary<string, string> query = ParseQuery(queryStart < 0 ? string.Empty : rest[(queryStart + 1)..]);
        rest = queryStart < 0 ? rest : rest[..queryStart];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? rest : rest[..slash];
        string export = slash < 0 ? string.Empty : Decode(rest[(slash + 1)..]);

        bool isUnix = scheme.EndsWith(UnixSuffix, StringComparison.Ordinal);
        string? socket = query.Remove("socket", out string? path) ? path : null;
        if (isUnix != socket is not null || (isUnix && authority.Length > 0))
        {
            throw new UnsupportedFeatureException($"{uri}: an address of this form (nbd://HOST/EXPORT, nbd+unix:///EXPORT?socket=PATH)");
        }

        (string host, int port) = isUnix ? (string.Empty, 0) : ParseAuthority(authority, uri);
        NbdTls? tls = scheme.StartsWith(Secure, StringComparison.Ordinal) ? NbdTls.Take(query, isUnix ? "localhost" : host) : null;
        return query.Count == 0
            ? new NbdAddress(host, port, socket, export, tls)
            : throw new UnsupportedFeatureException($"{query.Keys.First()}= in the address of an NBD server");
    }

    private static (string Host, int Port) ParseAuthority(string authority, string uri)
    {
        string place = authority[(authority.LastIndexOf('@') + 1)..];
        int hostEnd = place.StartsWith('[') ? place.IndexOf(']', StringComparison.Ordinal) + 1 : place.IndexOf(':', StringComparison.Ordinal);
        hostEnd = hostEnd < 0 ? place.Length : hostEnd;
        string host = place[..hostEnd].Trim('[', ']');
        string portText = place[hostEnd..];
        int port = UsualPort;
        return host.Length > 0 && (portText.Length == 0 || (portText[0] == ':' && int.TryParse(portText.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536))
            ? (Decode(host), port)
            : throw new UnsupportedFeatureException($"{uri}: an address without a host, or with a port that is none");
    }

    private static Dictionary<string, string> ParseQuery(string query)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in query.Split(['&', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            values[Decode(equals < 0 ? part : part[..equals])] = equals < 0 ? string.Empty : Decode(part[(equals + 1)..]);
        }

        return values;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);
}
