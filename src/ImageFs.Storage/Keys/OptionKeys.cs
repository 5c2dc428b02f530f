namespace ImageFs.Storage.Keys;

/// <summary>
/// The key that the options name (<c>key-file=</c>, <c>key-fd=</c>), or else a service's credential, or else what the user is asked for. The
/// options are taken when an encrypted volume was found: of an image without one they are unknown, as others are.
/// </summary>
/// <param name="options">The options.</param>
/// <param name="prompt">Asks the user; null when there is nobody to ask.</param>
public sealed class OptionKeys(OptionList options, IKeySource? prompt = null) : IKeySource, IDisposable
{
    private readonly Lock _gate = new();
    private KeyFile? _opened;
    private IKeySource? _source;

    /// <inheritdoc/>
    public bool IsAtHand => Source.IsAtHand;

    private IKeySource Source
    {
        get
        {
            lock (_gate)
            {
                return _source ??= TakeFile(options) ?? prompt ?? NoKeys.Instance;
            }
        }
    }

    /// <summary>Opens the file of the key now, if there is one, for who gives up the right to (<see cref="KeyFile.OpenAhead"/>).</summary>
    internal void OpenAhead()
    {
        KeyFile? file = TakeFile(options.Copy());
        file?.OpenAhead();
        _opened = file;
    }

    /// <inheritdoc/>
    public Key? Find(KeyRequest request) => Source.Find(request);

    /// <summary>Erases a key that was read.</summary>
    public void Dispose() => (_source as IDisposable)?.Dispose();

    private KeyFile? TakeFile(OptionList words)
    {
        KeyFile? named = KeyFile.Take(words);
        return _opened ?? named ?? KeyFile.FindCredential();
    }
}
