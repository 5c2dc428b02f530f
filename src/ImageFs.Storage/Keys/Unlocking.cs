namespace ImageFs.Storage.Keys;

/// <summary>Opens what is encrypted with keys, until one fits or there is no further one.</summary>
internal static class Unlocking
{
    /// <summary>Opens a volume with a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="problem">What is wrong with the key by itself, as a sentence without its full stop; null when it only does not fit.</param>
    /// <returns>Null when it does not fit.</returns>
    public delegate BlockSource? Attempt(ReadOnlySpan<byte> key, out string? problem);

    /// <summary>Opens a volume.</summary>
    /// <param name="keys">Where keys come from.</param>
    /// <param name="request">What is asked for at first.</param>
    /// <param name="attempt">Tries a key.</param>
    /// <exception cref="LockedVolumeException">There is no key, or none that fits.</exception>
    /// <exception cref="ImageException">The attempt met something that is damaged or not read.</exception>
    public static BlockSource Open(IKeySource keys, KeyRequest request, Attempt attempt)
    {
        while (true)
        {
            using Key key = keys.Find(request) ?? throw new LockedVolumeException(request.Volume, isRejected: request.Attempt > 0, request.Problem);
            if (attempt(key.Bytes, out string? problem) is { } source)
            {
                return source;
            }

            request = request with { Attempt = request.Attempt + 1, Problem = problem ?? string.Empty };
        }
    }
}
