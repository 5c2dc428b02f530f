using System.Buffers;
using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Http;

/// <summary>The address of a file on a server of HTTP, taken apart (RFC 9110 4.2): what is asked for, who asks, and what may be shown.</summary>
/// <param name="Target">What is asked for: path and query as they were given, since a signature may be over them; neither user nor fragment.</param>
/// <param name="User">The user that the address names; null for none.</param>
/// <param name="Password">The password that it names; null for none.</param>
internal sealed record HttpAddress(Uri Target, string? User, string? Password)
{
    private static readonly SearchValues<char> s_notInAuthority = SearchValues.Create(" \\%\t\r\n");

    private const string SchemeEnd = "://";

    /// <summary>What everybody may see of it: neither user, password nor query, any of which may be a secret.</summary>
    internal string Name { get; } = Target.OriginalString.Split('?', 2)[0];

    /// <summary>Whether what is sent can be read by nobody on the way.</summary>
    internal bool IsSecure => Target.Scheme == Uri.UriSchemeHttps;

    /// <summary>Reads an address.</summary>
    /// <exception cref="LinuxException">It is none.</exception>
    internal static HttpAddress Parse(string address)
    {
        int start = address.IndexOf(SchemeEnd, StringComparison.Ordinal) + SchemeEnd.Length;
        int end = start + EndOf(address.AsSpan(start), "/?#");
        int fragment = end + EndOf(address.AsSpan(end), "#");
        int host = address.LastIndexOf('@', end - 1, end - start) + 1;
        string authority = address[Math.Max(host, start)..end];
        string rest = Encode(address[end..fragment]);
        string target = $"{address[..start].ToLowerInvariant()}{authority}{(rest.StartsWith('/') ? rest : $"/{rest}")}";
        if (!Uri.TryCreate(target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out Uri? uri)
            || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0 || authority.AsSpan().ContainsAny(s_notInAuthority))
        {
            throw new LinuxException("open", Errno.EINVAL, $"{address[..start]}{authority}", "an address is https://HOST[:PORT]/PATH");
        }

        string[] userInfo = host > start ? address[start..(host - 1)].Split(':', 2) : [];
        return new HttpAddress(uri, Decode(userInfo.ElementAtOrDefault(0)), Decode(userInfo.ElementAtOrDefault(1)));
    }

    /// <summary>Where a redirection leads from here (RFC 9110 10.2.2). Users and passwords in it do not count.</summary>
    /// <param name="location">As the server gave it; it may be relative.</param>
    /// <exception cref="LinuxException">It is no address of HTTP.</exception>
    internal HttpAddress Follow(string location)
    {
        string absolute = location.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || location.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            ? location
            : Uri.TryCreate(Target, location, out Uri? joined) && joined.Scheme is "http" or "https"
                ? joined.AbsoluteUri
                : throw new LinuxException("GET", Errno.EPROTO, Name, "the server sends on to what is no address of HTTP");
        return Parse(absolute) with { User = null, Password = null };
    }

    /// <summary>The address of a file beside this one, or in a folder below that.</summary>
    /// <param name="path">The file's path from there on; every sign of it stands for itself.</param>
    internal HttpAddress Beside(string path)
    {
        int folder = Name.LastIndexOf('/') + 1;
        string escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        return Parse(Name[..folder] + escaped) with { User = User, Password = Password };
    }

    /// <summary>Whether what is a secret of this address may be told to another: the same host by the same or a safer way.</summary>
    internal bool IsSameServer(HttpAddress other) =>
        string.Equals(Target.IdnHost, other.Target.IdnHost, StringComparison.OrdinalIgnoreCase)
        && ((Target.Scheme == other.Target.Scheme && Target.Port == other.Target.Port) || (!IsSecure && other.IsSecure && Target.IsDefaultPort && other.Target.IsDefaultPort));

    private static int EndOf(ReadOnlySpan<char> text, ReadOnlySpan<char> marks) => text.IndexOfAny(marks) is >= 0 and var at ? at : text.Length;

    // What no request may have in it, a line's end above all, goes as its number. Bytes that are no UTF-8 are bytes again.
    private static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (byte b in ByteText.ToBytes(text))
        {
            _ = b is > 0x20 and < 0x7F ? encoded.Append((char)b) : encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }

    private static string? Decode(string? text) => text is null ? null : Uri.UnescapeDataString(text);
}
