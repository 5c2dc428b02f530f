namespace ImageFs.Images;

/// <summary>A tree of images that are opened when somebody looks into them, and closed when nobody has for a while.</summary>
public interface IImageKeeper
{
    /// <summary>After how long without use an image is closed.</summary>
    TimeSpan IdleTime { get; }

    /// <summary>Images that are open.</summary>
    int OpenCount { get; }

    /// <summary>Closes the images that nobody has used for a while.</summary>
    /// <param name="idleTime">For how long.</param>
    /// <returns>Whether there were any.</returns>
    bool CloseIdle(TimeSpan idleTime);
}
