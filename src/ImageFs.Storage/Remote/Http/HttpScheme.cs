using ImageFs.Storage.Containers;

namespace ImageFs.Storage.Remote.Http;

/// <summary>Images on servers of HTTP: <c>https://host/debian.iso</c>.</summary>
internal sealed class HttpScheme : LocationScheme
{
    private static readonly TimeSpan s_shortestSilence = TimeSpan.FromSeconds(1);

    // Nothing comes in for so long only where nothing will.
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => ["http", "https"];

    /// <inheritdoc/>
    public override ImageFile Open(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened) =>
        Open(HttpAddress.Parse(location), policy, context, opened, opener: null);

    /// <summary>Opens an image, or a file that one names.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="policy">Which files it may name.</param>
    /// <param name="context">What it is opened with.</param>
    /// <param name="opened">Takes what is opened, to be closed in the end.</param>
    /// <param name="opener">The file that named it; null for none.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened, or the server does not answer in time.</exception>
    /// <exception cref="UnsupportedFeatureException">The server gives no parts of files.</exception>
    internal static ImageFile Open(HttpAddress address, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened, ImageFile? opener)
    {
        var limit = TimeSpan.FromTicks(Math.Clamp(context.Remote.RetryTime.Ticks, s_shortestSilence.Ticks, s_longestSilence.Ticks));
        Device device = OpenDevice(new HttpRequests(address, context.Http, limit), context, limit);
        opened.Add(device);
        return new ImageFile(address.Name, device, new HttpFolder(address, policy, context, opened), device.Identity, opener);
    }

    private static Device OpenDevice(HttpRequests requests, OpenContext context, TimeSpan limit)
    {
        var patience = new Patience(requests.Address.Name, context.Remote.RetryTime, context.Warn);
        try
        {
            if (context.Http.IsDownloaded)
            {
                using (requests)
                {
                    return HttpDownload.Fetch(requests, context, patience);
                }
            }

            HttpFile file = patience.Run(left => HttpFile.Open(requests, left < limit ? left : limit));
            if (!file.IsVersionTold)
            {
                context.Warn($"{file.Name}: the server tells neither a tag nor a date: if the file changes there, only its length may show it");
            }

            return new RemoteDevice(file, context);
        }
        catch
        {
            requests.Dispose();
            throw;
        }
    }
}
