using System.Buffers;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Http;

/// <summary>What the user says of how servers of HTTP are asked: the same for all images of a mount that are there.</summary>
/// <remarks>Files that options name are read when a server is asked first, and once.</remarks>
public sealed class HttpOptions
{
    /// <summary>What <c>--download</c> stands for.</summary>
    public const string DownloadOption = "download";

    private const string HeaderOption = "http-header";
    private const string NetrcOption = "netrc";
    private const string AuthorityOption = "ca";

    // A list of tokens has no end by itself.
    private const int MaxFileLength = 1 << 20;

    private static readonly SearchValues<char> s_tokenLetters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // What a request says of the bytes that it is for, and of the connection, is not the user's.
    private static readonly string[] s_ownHeaders =
    [
        "Accept-Encoding", "Connection", "Content-Length", "Expect", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range", "TE",
        "Transfer-Encoding", "Upgrade",
    ];

    private readonly Lazy<IReadOnlyList<(string Name, string Value)>> _headers;
    private readonly Lazy<Netrc?> _netrc;

    private HttpOptions(IReadOnlyList<string> headers, string? netrc, string? authority, bool isDownloaded)
    {
        (string Name, string Value)[] given = [.. headers.Where(header => header[0] != '@').Select(ParseHeader)];
        string[] files = [.. headers.Where(header => header[0] == '@').Select(header => header[1..])];
        _headers = new Lazy<IReadOnlyList<(string Name, string Value)>>(() => [.. given, .. files.SelectMany(ReadHeaders)]);
        _netrc = new Lazy<Netrc?>(() => netrc is null ? ReadHomeNetrc() : new Netrc(ReadText(NetrcOption, netrc)));
        AuthorityFile = authority;
        IsDownloaded = isDownloaded;
    }

    /// <summary>Headers of every request to the server that an address names (<c>http-header=NAME: VALUE</c>, <c>http-header=@FILE</c>).</summary>
    /// <exception cref="LinuxException">A file of them cannot be read.</exception>
    /// <exception cref="OptionException">What is in it are none.</exception>
    public IReadOnlyList<(string Name, string Value)> Headers => _headers.Value;

    /// <summary>Whether a file is fetched whole before it is opened (<c>download</c>).</summary>
    public bool IsDownloaded { get; }

    /// <summary>The file of the authorities that certificates are to be from, in place of the machine's own (<c>ca=FILE</c>); null for those.</summary>
    internal string? AuthorityFile { get; }

    /// <summary>Users and passwords of servers (<c>netrc=FILE</c>, else <c>~/.netrc</c>); null where there is no such file.</summary>
    internal Netrc? Netrc => _netrc.Value;

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionException">A header is none, or one that is not for the user to say.</exception>
    public static HttpOptions Take(OptionList options) =>
        new(options.TakeValues(HeaderOption), options.TakeValue(NetrcOption), options.TakeValue(AuthorityOption), options.TakeFlag(DownloadOption));

    /// <summary>The text of the file of authorities, in PEM.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    internal string ReadAuthorities() => ReadText(AuthorityOption, AuthorityFile!);

    // A value may be a secret: no message has it.
    private static (string Name, string Value) ParseHeader(string header)
    {
        int colon = header.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? string.Empty : header[..colon];
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(s_tokenLetters) || header.AsSpan().ContainsAny("\r\n\0"))
        {
            throw new OptionException(HeaderOption, "must be NAME: VALUE, or @FILE with a line for each");
        }

        return s_ownHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? throw new OptionException($"{HeaderOption}={name}", "is for imagefs alone to say")
            : (name, header[(colon + 1)..].Trim());
    }

    private static IEnumerable<(string Name, string Value)> ReadHeaders(string path) =>
        ReadText(HeaderOption, path).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(ParseHeader);

    private static Netrc? ReadHomeNetrc()
    {
        string? home = Environment.GetEnvironmentVariable("HOME");
        string path = Path.Combine(home ?? string.Empty, ".netrc");
        return string.IsNullOrEmpty(home) || !Paths.IsFile(path) ? null : new Netrc(ReadText(NetrcOption, path));
    }

    private static string ReadText(string option, string path)
    {
        using FileDescriptor file = Files.Open(path, OpenFlags.ReadOnly);
        byte[] bytes = new byte[MaxFileLength];
        int length = 0;
        while (Descriptors.Read(file, bytes.AsSpan(length), out Errno errno) is not 0 and var read)
        {
            length += read > 0 ? read : throw new LinuxException("read", errno, path);
            if (length == bytes.Length)
            {
                throw new OptionException($"{option}={path}", $"has more than {MaxFileLength} bytes");
            }
        }

        return ByteText.FromBytes(bytes.AsSpan(0, length)).ReplaceLineEndings("\n");
    }
}
