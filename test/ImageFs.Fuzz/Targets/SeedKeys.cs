using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Volumes.Luks;

namespace ImageFs.Fuzz.Targets;

/// <summary>
/// The key of a seed, for a mutant of it that costs no more to open than the seed does. What another header costs is its own to say, up to a
/// minute: such a mutant is looked at without a key.
/// </summary>
/// <param name="key">The key; empty for none.</param>
/// <param name="source">The mutant.</param>
internal sealed class SeedKeys(byte[] key, BlockSource source) : IKeySource
{
    private const long MaxIterations = 10_000;
    private const long MaxArgonWork = 4096;

    private readonly Lazy<bool> _isCheap = new(() => IsCheap(source));

    /// <inheritdoc/>
    public bool IsAtHand => key.Length > 0;

    /// <inheritdoc/>
    public Key? Find(KeyRequest request) => key.Length > 0 && request.Attempt == 0 && _isCheap.Value ? new Key(key) : null;

    private static bool IsCheap(BlockSource source)
    {
        try
        {
            var header = LuksHeader.Read(source, static _ => { });
            return header.Slots.Select(slot => slot.Function).Concat(header.Digests.Select(digest => digest.Function)).All(IsCheap);
        }
        catch (ImageException)
        {
            // No LUKS, or none that is opened.
            return true;
        }
    }

    private static bool IsCheap(KeyFunction function) => function switch
    {
        Pbkdf2 { Iterations: > MaxIterations } => false,
        Argon2Function argon => argon.Passes <= MaxArgonWork / Math.Max(argon.Memory, 1),
        _ => true,
    };
}
