namespace ImageFs.Storage.Keys;

/// <summary>
/// The key that the options name (<c>key-file=</c>, <c>key-fd=</c>), or what the user is asked for when they name none. The options are taken
/// when a volume first asks for a key: of an image without such a volume they are unknown, as others are.
/// </summary>
/// <param name="options">The options.</param>
/// <param name="prompt">Asks the user; null when there is nobody to ask.</param>
public sealed class OptionKeys(OptionList options, IKeySource? prompt = null) : IKeySource
{
    private readonly Lock _gate = new();
    private IKeySource? _source;

    /// <inheritdoc/>
    public Key? Find(string volume, int attempt)
    {
        lock (_gate)
        {
            _source ??= KeyFile.Take(options) ?? prompt ?? NoKeys.Instance;
        }

        return _source.Find(volume, attempt);
    }
}
