using ImageFs.Fuse;
using ImageFs.Images.Library;

namespace ImageFs.Mounting;

/// <summary>Closes the images of a library that nobody has used for a while.</summary>
internal sealed class LibraryKeeper : IDisposable
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);

    private readonly ImageLibrary _library;
    private readonly FuseSession _session;
    private readonly Timer _timer;

    /// <summary>Begins to keep a library.</summary>
    /// <param name="library">The library.</param>
    /// <param name="session">The session that serves it.</param>
    internal LibraryKeeper(ImageLibrary library, FuseSession session)
    {
        _library = library;
        _session = session;
        TimeSpan period = library.IdleTime > s_shortest ? library.IdleTime : s_shortest;
        _timer = new Timer(_ => Keep(), null, period, period);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // A file that is being read from is opened anew, which counts as use: so an image is closed after one to two periods.
    private void Keep()
    {
        if (_library.OpenCount > 0)
        {
            _session.ForgetFiles();
            if (_library.CloseIdle(_library.IdleTime))
            {
                // The descriptors, whole mappings with them, go now, not when memory is short.
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
    }
}
