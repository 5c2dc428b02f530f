namespace ImageFs.Fuzz.Mutation;

/// <summary>
/// A seed with changes. There is one for each seed, and it is changed and made sound again in place: a mutant costs what its changes
/// cost, however long the image is.
/// </summary>
/// <param name="seed">The seed.</param>
internal sealed class Mutant(Seed seed)
{
    private readonly byte[] _bytes = [.. seed.Bytes];
    private readonly List<(int Offset, int Length)> _changed = [];

    /// <summary>What it is made of.</summary>
    public Seed Seed => seed;

    /// <summary>Bytes of it: less than the seed has when it is cut short.</summary>
    public int Length { get; private set; } = seed.Bytes.Length;

    /// <summary>Its bytes as they are now.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, Length);

    /// <summary>Where it was changed since it was made sound; parts of it may still be as they were.</summary>
    public IReadOnlyList<(int Offset, int Length)> Changed => _changed;

    /// <summary>Gives bytes to write to.</summary>
    /// <param name="offset">At least 0.</param>
    /// <param name="length">Ends inside the image.</param>
    public Span<byte> Change(int offset, int length)
    {
        _changed.Add((offset, length));
        return _bytes.AsSpan(offset, length);
    }

    /// <summary>Cuts it short.</summary>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    /// <summary>Takes all changes back.</summary>
    public void Restore()
    {
        foreach ((int offset, int length) in _changed)
        {
            seed.Bytes.AsSpan(offset, length).CopyTo(_bytes.AsSpan(offset));
        }

        _changed.Clear();
        Length = seed.Bytes.Length;
    }
}
