namespace ImageFs.Storage.Checking;

/// <summary>
/// Counts what reading a disk whole takes of each file behind it. Each byte of a file is in one place of the disk, so where more is taken
/// than there is, tables name the same bytes more than once: such a disk is as long as somebody likes.
/// </summary>
public sealed class ReadAccount
{
    // A deflated byte holds 1,032 at the most; what other ways make of theirs is rarely more.
    private const long MaxExpansion = 1100;

    // The stated length of compressed bytes may reach to the end of a sector.
    private const int MaxSlack = 511;

    private readonly Dictionary<BlockSource, (long Taken, long Decoded)> _sources = [];
    private readonly HashSet<(BlockSource Source, long Address)> _decoded = [];
    private bool _isRetry;

    /// <summary>What is wrong; null as long as nothing is.</summary>
    public string? Excess { get; private set; }

    /// <summary>The next piece of the disk is read.</summary>
    public void BeginPiece()
    {
        _decoded.Clear();
        _isRetry = false;
    }

    /// <summary>The piece is read once more, in parts: what was decoded for it does not count again.</summary>
    public void BeginRetry() => _isRetry = true;

    /// <summary>Bytes are taken as they are.</summary>
    public void Add(BlockSource source, long length) => Add(source, length, 0);

    /// <summary>A block is decoded.</summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="address">Where in that.</param>
    /// <param name="length">The bytes that it is in; there may be fewer.</param>
    /// <param name="decoded">Its bytes, decoded.</param>
    public void AddEncoded(BlockSource source, long address, int length, int decoded)
    {
        if (_decoded.Add((source, address)) || !_isRetry)
        {
            Add(source, Math.Max(1, length - MaxSlack), decoded);
        }
    }

    private void Add(BlockSource source, long taken, long decoded)
    {
        (long takenBefore, long decodedBefore) = _sources.GetValueOrDefault(source);
        (long Taken, long Decoded) sums = (takenBefore + taken, decodedBefore + decoded);
        _sources[source] = sums;
        if (sums.Taken > source.Length || sums.Decoded / MaxExpansion > source.Length)
        {
            Excess ??= $"the tables name the same bytes of {(source as Device)?.Name ?? "the image"} more than once: the disk claims more than its {source.Length}";
        }
    }
}
