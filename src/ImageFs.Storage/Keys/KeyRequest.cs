namespace ImageFs.Storage.Keys;

/// <summary>A key that is asked for.</summary>
/// <param name="Volume">What a person calls the volume: "the volume secret".</param>
/// <param name="Attempt">0 at first; 1 and so on when the key before was not the right one.</param>
public sealed record KeyRequest(string Volume, int Attempt = 0)
{
    /// <summary>What opens the volume, for a person who has to type it: "passphrase", "recovery password".</summary>
    public string What { get; init; } = "passphrase";

    /// <summary>What is wrong with the key before, as a sentence without its full stop; empty when it only is not the right one.</summary>
    public string Problem { get; init; } = string.Empty;
}
