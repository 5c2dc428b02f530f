using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using ImageFs.Linux;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Remote.Http;

/// <summary>
/// A file on a server of HTTP, read in parts (RFC 9110 14). Each request says which version of the file it is for, and each answer is held to it: the
/// version, the length of the whole, the part that was asked for and no byte less or more.
/// </summary>
internal sealed class HttpFile : RemoteTransport
{
    private const string Call = "GET";
    private const int PieceLength = 256 * 1024;
    private const string Unit = "bytes";

    private readonly HttpRequests _requests;
    private readonly FileVersion _version;

    // The answer that told the length had the first bytes as well: whoever looks what the image is asks for just them.
    private byte[]? _head;

    private HttpFile(HttpRequests requests, FileVersion version, byte[] head)
    {
        _requests = requests;
        _version = version;
        _head = head;
    }

    /// <inheritdoc/>
    public override long Length => _version.Length;

    /// <inheritdoc/>
    public override string Name => _requests.Address.Name;

    /// <inheritdoc/>
    public override string Identity => _requests.Address.Target.OriginalString;

    /// <inheritdoc/>
    /// <remarks>An answer has some hundreds of bytes of headers, and a request costs the server more than a few pages do.</remarks>
    public override int PreferredBlock => 64 * 1024;

    /// <summary>Whether a change of the file on the server would be noticed by more than its length.</summary>
    internal bool IsVersionTold => _version.IsTold;

    /// <summary>Asks for the first bytes, and by that for all that has to be known of the file.</summary>
    /// <param name="requests">What asks; the file has it from now on.</param>
    /// <param name="patience">How long the server may say nothing.</param>
    /// <exception cref="UnsupportedFeatureException">The server gives no parts of files, or encodes them.</exception>
    /// <exception cref="LinuxException">There is no such file, it may not be read, or the server cannot be understood.</exception>
    /// <exception cref="LostLinkException">It may help to ask again.</exception>
    internal static HttpFile Open(HttpRequests requests, TimeSpan patience)
    {
        using HttpResponseMessage response = requests.Get(new RangeHeaderValue(0, ProbeWindow.EndLength - 1), condition: null, isOpening: true, patience);
        HttpContentHeaders headers = response.Content.Headers;
        if ((response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && headers.ContentRange?.Length == 0)
            || (response.StatusCode == HttpStatusCode.OK && headers.ContentLength == 0))
        {
            return new HttpFile(requests, FileVersion.Of(response, 0), []);
        }

        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                throw new UnsupportedFeatureException("a server that gives no parts of its files (no ranges): download the file, or have it done by --download");
            case not HttpStatusCode.PartialContent:
                throw HttpFailures.Of(response, requests.Address, isOpening: true);
        }

        RefuseEncoding(response);
        if (headers.ContentRange is not { Length: { } length, Unit: Unit })
        {
            throw new LinuxException(Call, Errno.EPROTO, requests.Address.Name, "the server does not tell how long the file is");
        }

        FileVersion version = FileVersion.Of(response, length);
        var file = new HttpFile(requests, version, new byte[Math.Min(ProbeWindow.EndLength, length)]);
        int read = file.Take(response, 0, file._head, Errno.EPROTO, patience);
        Array.Resize(ref file._head, read);
        return file;
    }

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> destination, TimeSpan patience)
    {
        if (Volatile.Read(ref _head) is { } head && offset < head.Length)
        {
            int known = (int)Math.Min(destination.Length, head.Length - offset);
            head.AsSpan((int)offset, known).CopyTo(destination);
            _head = offset + known == head.Length ? null : head;
            destination = destination[known..];
            offset += known;
        }

        // A server may give less than it is asked for (RFC 9110 15.3.7), never nothing.
        while (destination.Length > 0)
        {
            using HttpResponseMessage response = _requests.Get(new RangeHeaderValue(offset, offset + destination.Length - 1), _version.Condition, isOpening: false, patience);
            int read = Take(response, offset, destination, Errno.EIO, patience);
            destination = destination[read..];
            offset += read;
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _requests.Dispose();

    // What was decoded on the way has other bytes at these places; what is encoded is no image.
    internal static void RefuseEncoding(HttpResponseMessage response)
    {
        if (response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out HeaderStringValues encoding)
            && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new UnsupportedFeatureException($"a server that encodes what it was asked for as it is (Content-Encoding: {encoding})");
        }
    }

    // Reads the part that an answer has, from the place asked for.
    private int Take(HttpResponseMessage response, long offset, Span<byte> destination, Errno errno, TimeSpan patience)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable:
                throw Changed(FileVersion.Of(response, response.Content.Headers.ContentRange?.Length ?? response.Content.Headers.ContentLength ?? Length));
            case not HttpStatusCode.PartialContent:
                throw HttpFailures.Of(response, _requests.Address, isOpening: false);
        }

        RefuseEncoding(response);
        if (response.Content.Headers.ContentRange is not { Unit: Unit, From: { } from, To: { } to } range)
        {
            throw new LinuxException(Call, errno, Name, "the server does not tell which bytes it gives (Content-Range)");
        }

        FileVersion version = FileVersion.Of(response, range.Length ?? Length);
        if (_version.FindDifference(version) is not null)
        {
            throw Changed(version);
        }

        long length = to - from + 1;
        if (from != offset || length > destination.Length || (response.Content.Headers.ContentLength ?? length) != length)
        {
            throw new LinuxException(Call, errno, Name, $"the server gives bytes {from} to {to} where {offset} to {offset + destination.Length - 1} were asked for");
        }

        ReadBody(response, destination[..(int)length], errno, patience);
        return (int)length;
    }

    private ChangedImageException Changed(FileVersion version) =>
        new($"the file on the server is another than the one opened: {_version.FindDifference(version) ?? "the server does not say how"}");

    private void ReadBody(HttpResponseMessage response, Span<byte> destination, Errno errno, TimeSpan patience)
    {
        bool isEndTold = response.Content.Headers.ContentLength is not null;
        try
        {
            Stream body = response.Content.ReadAsStream();
            if (response.Version.Major < 2)
            {
                body.ReadExactly(destination);
                isEndTold = isEndTold || body.ReadByte() < 0;
            }
            else
            {
                isEndTold = ReadStream(body, destination, patience) || isEndTold;
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException and not LinuxException)
        {
            throw HttpFailures.Of(e, _requests.Address, isOpening: false);
        }

        if (!isEndTold)
        {
            throw new LinuxException(Call, errno, Name, "the server gives more bytes than were asked for");
        }
    }

    // A stream of HTTP/2 has no limit to the time of its own, and shares its connection's socket: waiting is ended from outside.
    private static bool ReadStream(Stream body, Span<byte> destination, TimeSpan patience)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        using var end = new CancellationTokenSource();
        try
        {
            while (true)
            {
                end.CancelAfter(patience);
                int wanted = Math.Min(buffer.Length, Math.Max(1, destination.Length));
                int read = body.ReadAsync(buffer.AsMemory(0, wanted), end.Token).AsTask().GetAwaiter().GetResult();
                if (destination.Length == 0 || read == 0)
                {
                    return read == 0 && destination.Length == 0 ? true : destination.Length == 0 ? false : throw new EndOfStreamException();
                }

                buffer.AsSpan(0, read).CopyTo(destination);
                destination = destination[read..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
