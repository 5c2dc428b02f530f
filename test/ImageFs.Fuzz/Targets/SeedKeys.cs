using ImageFs.Storage.Keys;

namespace ImageFs.Fuzz.Targets;

/// <summary>The key of a seed.</summary>
/// <param name="key">The key; empty for none.</param>
internal sealed class SeedKeys(byte[] key) : IKeySource
{
    /// <inheritdoc/>
    public bool IsAtHand => key.Length > 0;

    /// <inheritdoc/>
    public Key? Find(KeyRequest request) => key.Length > 0 && request.Attempt == 0 ? new Key(key) : null;
}
