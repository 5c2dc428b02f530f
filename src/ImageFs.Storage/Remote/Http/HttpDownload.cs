using System.Net;
using System.Net.Http.Headers;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote.Http;

/// <summary>A file of a server of HTTP, fetched whole into a file without a name before it is opened (<c>--download</c>): then it is a file of this machine.</summary>
internal sealed class HttpDownload
{
    private const int PieceLength = 1 << 20;

    private readonly HttpRequests _requests;
    private readonly Patience _patience;
    private readonly FileDescriptor _file;
    private FileVersion? _version;
    private ITransfer? _transfer;
    private long _length;

    private HttpDownload(HttpRequests requests, FileDescriptor file, Patience patience)
    {
        _requests = requests;
        _file = file;
        _patience = patience;
    }

    /// <summary>Fetches it.</summary>
    /// <param name="requests">What asks.</param>
    /// <param name="context">Where it is kept, and who is told how far it is.</param>
    /// <param name="patience">How long the server is tried.</param>
    /// <exception cref="LinuxException">It cannot be had, or there is no room for it.</exception>
    /// <exception cref="ChangedImageException">It changed meanwhile.</exception>
    internal static FileDevice Fetch(HttpRequests requests, OpenContext context, Patience patience)
    {
        FileDescriptor file = context.Cache.MakeWhole();
        var download = new HttpDownload(requests, file, patience);
        try
        {
            patience.Run(left => download.GoOn(context, left));
            return FileDevice.Take(requests.Address.Name, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        finally
        {
            download._transfer?.Dispose();
        }
    }

    // What was cut goes on where it stands, if the server has the same version still; else it begins anew.
    private bool GoOn(OpenContext context, TimeSpan left)
    {
        bool goesOn = _length > 0 && _version?.Condition is not null;
        using HttpResponseMessage response = _requests.Get(goesOn ? new RangeHeaderValue(_length, null) : null, goesOn ? _version!.Condition : null, isOpening: true, left);
        HttpContentHeaders headers = response.Content.Headers;
        HttpFile.RefuseEncoding(response);
        bool isPart = goesOn && response.StatusCode == HttpStatusCode.PartialContent && headers.ContentRange?.From == _length;
        if (!isPart && response.StatusCode != HttpStatusCode.OK)
        {
            throw HttpFailures.Of(response, _requests.Address, isOpening: true);
        }

        long total = (isPart ? headers.ContentRange!.Length : headers.ContentLength) ?? 0;
        FileVersion version = FileVersion.Of(response, total);
        if (_version?.FindDifference(version) is { } difference)
        {
            throw new ChangedImageException($"the file on the server changed while it was fetched: {difference}");
        }

        _version = version;
        _transfer ??= context.ShowTransfer(total);
        _length = isPart ? _length : 0;
        Store(response, left);
        return true;
    }

    private void Store(HttpResponseMessage response, TimeSpan left)
    {
        try
        {
            Stream body = response.Content.ReadAsStream();
            byte[] buffer = new byte[PieceLength];
            using var end = new CancellationTokenSource();
            while (true)
            {
                end.CancelAfter(left);
                int read = response.Version.Major < 2 ? body.Read(buffer) : body.ReadAsync(buffer, end.Token).AsTask().GetAwaiter().GetResult();
                if (read == 0)
                {
                    return;
                }

                FileWriting.Write(_file, buffer.AsSpan(0, read), _length);
                _length += read;
                _transfer!.Reach(_length);
                _patience.NoteAnswer();
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException and not LinuxException)
        {
            throw HttpFailures.Of(e, _requests.Address, isOpening: false);
        }
    }
}
