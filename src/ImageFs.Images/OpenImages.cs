using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>Those of many images that are open: each is opened when it is first used, and closed when it has not been for a while, or when too many are open.</summary>
/// <param name="context">What they share: the memory, and who is told warnings.</param>
internal sealed class OpenImages(OpenContext context)
{
    /// <summary>Images that are open at most.</summary>
    internal const int Max = 32;

    private const uint DefaultIdleSeconds = 60;
    private const uint MaxIdleSeconds = 24 * 60 * 60;

    private readonly List<LateImage> _open = [];

    /// <summary>Images that are open.</summary>
    internal int Count
    {
        get
        {
            lock (_open)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Takes the option that says after how long without use an image is closed.</summary>
    /// <exception cref="OptionException">Its value is not valid.</exception>
    internal static TimeSpan TakeIdleTime(OptionList options) => TimeSpan.FromSeconds(options.TakeNumber("idle", max: MaxIdleSeconds) ?? DefaultIdleSeconds);

    /// <summary>The file system of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">What the log calls it.</param>
    /// <param name="open">Opens it, where it is not open: it gets the memory that the image is to use, and who is told warnings.</param>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    internal FileSystem Get<TImage>(TImage image, string name, Func<TImage, OpenContext, FileSystem> open)
        where TImage : LateImage
    {
        if (image.FileSystem is { } known)
        {
            return known;
        }

        lock (image.Opening)
        {
            if (image.FileSystem is { } openNow)
            {
                return openNow;
            }

            MemoryBudget memory = context.Memory.ForImage();
            try
            {
                FileSystem fileSystem = Open(image, name, context with { Memory = memory }, open);
                image.Open(image.IsSame(fileSystem) ? fileSystem : throw new LinuxException("open", Errno.ESTALE, name), memory);
                Add(image);
                return fileSystem;
            }
            catch
            {
                memory.Close();
                throw;
            }
        }
    }

    /// <summary>Who is told what is wrong but harmless.</summary>
    internal Action<string> Warn => context.Warn;

    /// <summary>Closes an image, unless it was opened anew meanwhile.</summary>
    internal void Close(LateImage image, FileSystem fileSystem)
    {
        lock (_open)
        {
            if (image.FileSystem == fileSystem && _open.Remove(image))
            {
                image.Close();
            }
        }
    }

    /// <summary>Closes the images that nobody has used for a while.</summary>
    /// <param name="idleTime">For how long.</param>
    /// <returns>Whether there were any.</returns>
    internal bool CloseIdle(TimeSpan idleTime)
    {
        long before = Environment.TickCount64 - (long)idleTime.TotalMilliseconds;
        lock (_open)
        {
            return _open.RemoveAll(image =>
            {
                bool isIdle = image.LastUse <= before;
                if (isIdle)
                {
                    image.Close();
                }

                return isIdle;
            }) > 0;
        }
    }

    // What cannot be opened is tried again by whoever wants it, and told once.
    private FileSystem Open<TImage>(TImage image, string name, OpenContext own, Func<TImage, OpenContext, FileSystem> open)
        where TImage : LateImage
    {
        void WarnOf(string message) => context.Warn($"{name}: {message}");
        try
        {
            return open(image, own with { Warn = WarnOf });
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
            if (!image.IsReported && e is not LinuxException { Errno: Errno.ESTALE })
            {
                image.IsReported = true;
                WarnOf(e.Message);
            }

            throw e is OptionException ? new UnsupportedFeatureException(e.Message) : e;
        }
    }

    private void Add(LateImage image)
    {
        lock (_open)
        {
            if (_open.Count >= Max)
            {
                // An image is used no later than one around it: that is never closed before it.
                LateImage leastUsed = _open.MinBy(open => (open.LastUse, -Depth(open)))!;
                leastUsed.Close();
                _open.Remove(leastUsed);
            }

            _open.Add(image);
        }
    }

    private static int Depth(LateImage image)
    {
        int depth = 0;
        for (LateImage? around = image.Around; around is not null; around = around.Around)
        {
            depth++;
        }

        return depth;
    }
}
