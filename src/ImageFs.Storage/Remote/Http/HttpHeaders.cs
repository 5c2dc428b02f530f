using System.Buffers;

namespace ImageFs.Storage.Remote.Http;

/// <summary>Headers that the user gives for requests: <c>NAME: VALUE</c>. A value may be a secret, so no message has it.</summary>
internal static class HttpHeaders
{
    /// <summary>The option that gives one, or a file of them.</summary>
    public const string Option = "http-header";

    private const char FileMark = '@';

    private static readonly SearchValues<char> s_tokenLetters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // What a request says of the bytes that it is for, and of the connection, is not the user's.
    private static readonly string[] s_ownHeaders =
    [
        "Accept-Encoding", "Connection", "Content-Length", "Expect", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range", "TE",
        "Transfer-Encoding", "Upgrade",
    ];

    /// <summary>Reads headers, but for those in files.</summary>
    /// <exception cref="OptionException">One is none, or is not for the user to say.</exception>
    public static (string Name, string Value)[] Parse(IReadOnlyList<string> values) => [.. values.Where(value => value[0] != FileMark).Select(Parse)];

    /// <summary>Reads those in files: one in each line; empty lines and those that begin with <c>#</c> do not count.</summary>
    /// <exception cref="Linux.LinuxException">A file cannot be read.</exception>
    /// <exception cref="OptionException">As for <see cref="Parse(IReadOnlyList{string})"/>.</exception>
    public static (string Name, string Value)[] ReadFiles(IReadOnlyList<string> values) =>
    [
        .. values.Where(value => value[0] == FileMark)
            .SelectMany(value => HttpOptions.ReadText(Option, value[1..]).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(line => line[0] != '#').Select(Parse),
    ];

    private static (string Name, string Value) Parse(string header)
    {
        int colon = header.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? string.Empty : header[..colon];
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(s_tokenLetters) || header.AsSpan().ContainsAny("\r\n\0"))
        {
            throw new OptionException(Option, "must be NAME: VALUE, or @FILE with a line for each");
        }

        return s_ownHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? throw new OptionException($"{Option}={name}", "is for imagefs alone to say")
            : (name, header[(colon + 1)..].Trim());
    }
}
