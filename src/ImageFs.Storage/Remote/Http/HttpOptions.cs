using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Http;

/// <summary>What the user says of how servers of HTTP are asked: the same for all images of a mount that are there.</summary>
/// <remarks>Files that options name are read when a server is asked first, or before (<see cref="ReadAhead"/>), and once.</remarks>
public sealed class HttpOptions
{
    /// <summary>What <c>--download</c> stands for.</summary>
    public const string DownloadOption = "download";

    private const string NetrcOption = "netrc";
    private const string AuthorityOption = "ca";

    // What has no end by itself, as a pipe, is not read for ever.
    private const int MaxFileLength = 1 << 20;

    private readonly Lazy<IReadOnlyList<(string Name, string Value)>> _headers;
    private readonly Lazy<Netrc> _netrc;
    private readonly Lazy<string?> _authorities;

    private HttpOptions(IReadOnlyList<string> headers, string? netrc, string? authority, bool isDownloaded)
    {
        (string Name, string Value)[] parsed = headers.Count == 0 ? [] : HttpHeaders.Parse(headers);
        _headers = new(() => [.. parsed, .. HttpHeaders.ReadFiles(headers)]);
        _netrc = new(() => new Netrc(netrc is null ? ReadHomeNetrc() : ReadText(NetrcOption, netrc)));
        _authorities = new(() => authority is null ? null : ReadText(AuthorityOption, authority));
        IsDownloaded = isDownloaded;
    }

    /// <summary>Headers of every request to the server that an address names (<c>http-header=NAME: VALUE</c>, <c>http-header=@FILE</c>).</summary>
    /// <exception cref="LinuxException">A file of them cannot be read.</exception>
    /// <exception cref="OptionException">What is in it are none.</exception>
    public IReadOnlyList<(string Name, string Value)> Headers => _headers.Value;

    /// <summary>Whether a file is fetched whole before it is opened (<c>download</c>).</summary>
    public bool IsDownloaded { get; }

    /// <summary>Users and passwords of servers (<c>netrc=FILE</c>, else <c>~/.netrc</c>); nobody where there is no such file.</summary>
    internal Netrc Netrc => _netrc.Value;

    /// <summary>The authorities that certificates are to be from in place of the machine's own, in PEM (<c>ca=FILE</c>); null for those.</summary>
    /// <exception cref="LinuxException">The file cannot be read.</exception>
    internal string? Authorities => _authorities.Value;

    /// <summary>Takes the options.</summary>
    /// <exception cref="OptionException">A header is none, or one that is not for the user to say.</exception>
    public static HttpOptions Take(OptionList options) =>
        new(options.TakeValues(HttpHeaders.Option), options.TakeValue(NetrcOption), options.TakeValue(AuthorityOption), options.TakeFlag(DownloadOption));

    /// <summary>Reads the files now. What fails is told when it is needed, and not before.</summary>
    internal void ReadAhead()
    {
        foreach (Func<object?> read in (Func<object?>[])[() => Headers, () => Netrc, () => Authorities])
        {
            try
            {
                _ = read();
            }
            catch (Exception e) when (e is LinuxException or OptionException)
            {
                // It is thrown again then.
            }
        }
    }

    /// <summary>The text of a file that an option names.</summary>
    /// <param name="option">The option, for messages.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    /// <exception cref="OptionException">It is too long.</exception>
    internal static string ReadText(string option, string path)
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

    private static string ReadHomeNetrc()
    {
        string? home = Environment.GetEnvironmentVariable("HOME");
        string path = Path.Combine(home ?? string.Empty, ".netrc");
        return string.IsNullOrEmpty(home) || !Paths.IsFile(path) ? string.Empty : ReadText(NetrcOption, path);
    }
}
