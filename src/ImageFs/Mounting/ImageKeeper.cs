using ImageFs.Fuse;
using ImageFs.Images;

namespace ImageFs.Mounting;

/// <summary>Closes the images of a tree that nobody has used for a while.</summary>
internal sealed class ImageKeeper : IDisposable
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);

    private readonly IImageKeeper _images;
    private readonly FuseSession _session;
    private readonly Timer _timer;

    /// <summary>Begins to keep the images of a tree.</summary>
    /// <param name="images">The tree.</param>
    /// <param name="session">The session that serves it.</param>
    internal ImageKeeper(IImageKeeper images, FuseSession session)
    {
        _images = images;
        _session = session;
        TimeSpan period = images.IdleTime > s_shortest ? images.IdleTime : s_shortest;
        _timer = new Timer(_ => Keep(), null, period, period);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // A file that is being read from is opened anew, which counts as use: so an image is closed after one to two periods.
    private void Keep()
    {
        _session.ForgetFiles();
        if (_images.CloseIdle(_images.IdleTime))
        {
            // The descriptors, whole mappings with them, go now, not when memory is short.
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
