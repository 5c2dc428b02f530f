namespace ImageFs.Storage.Volumes.Lvm.Overlays;

/// <summary>
/// Which chunks of a volume lie elsewhere: those that changed since a snapshot, those that a cache has. Chunks that follow one another in both
/// places are one run of 16 bytes, and there are at most <see cref="MaxRuns"/>.
/// </summary>
internal sealed class ChunkMap : ISortedKeys
{
    /// <summary>Runs at most: they take 64 MiB.</summary>
    public const int MaxRuns = 1 << 22;

    private readonly Run[] _runs;

    private ChunkMap(Run[] runs) => _runs = runs;

    /// <summary>Bytes of memory that it takes.</summary>
    public long Size => _runs.Length * 16L;

    /// <summary>Runs.</summary>
    public int Count => _runs.Length;

    /// <summary>The first chunk of a run.</summary>
    public long KeyAt(int index) => _runs[index].Chunk;

    /// <summary>Where a chunk lies.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="place">The chunk elsewhere.</param>
    /// <param name="count">How many chunks, from this one on, lie there; or lie not elsewhere.</param>
    /// <returns>Whether it lies elsewhere.</returns>
    public bool TryFind(long chunk, out long place, out long count)
    {
        int index = SortedKeys.FindLast(this, chunk);
        if (index >= 0 && chunk < _runs[index].End)
        {
            place = _runs[index].Place + chunk - _runs[index].Chunk;
            count = _runs[index].End - chunk;
            return true;
        }

        place = 0;
        count = (index + 1 < _runs.Length ? _runs[index + 1].Chunk : long.MaxValue) - chunk;
        return false;
    }

    /// <summary>Chunks, from a first one on, that lie in as many chunks elsewhere.</summary>
    private readonly record struct Run(long Chunk, long Packed)
    {
        /// <summary>Bits of a place: the largest device in chunks of a sector has as many.</summary>
        public const int PlaceBits = 54;

        /// <summary>Chunks in a run at most.</summary>
        public const long MaxCount = 1L << (63 - PlaceBits);

        public long Place => Packed & ((1L << PlaceBits) - 1);

        public long Count => (Packed >> PlaceBits) + 1;

        public long End => Chunk + Count;

        public static Run Of(long chunk, long place) => new(chunk, place);

        public bool IsContinuedBy(long chunk, long place) => chunk == End && place == Place + Count && Count < MaxCount;

        public Run Longer() => this with { Packed = Packed + (1L << PlaceBits) };
    }

    /// <summary>Collects chunks in any order.</summary>
    /// <param name="structure">What they are told by, for errors: "snapshot exception".</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    public sealed class Builder(string structure, long chunkSize)
    {
        private readonly List<Run> _runs = [];

        /// <summary>Adds a chunk.</summary>
        /// <param name="chunk">The chunk, whose end is in the range of addresses.</param>
        /// <param name="place">The chunk elsewhere, on a device that there is.</param>
        /// <exception cref="UnsupportedFeatureException">They are too many.</exception>
        public void Add(long chunk, long place)
        {
            if (_runs.Count > 0 && _runs[^1].IsContinuedBy(chunk, place))
            {
                _runs[^1] = _runs[^1].Longer();
                return;
            }

            if (_runs.Count == MaxRuns)
            {
                throw new UnsupportedFeatureException($"more than {MaxRuns} times a {structure} that does not go on where the one before it ends");
            }

            _runs.Add(Run.Of(chunk, place));
        }

        /// <summary>The map of all that were added.</summary>
        /// <exception cref="InvalidImageException">A chunk was added twice.</exception>
        public ChunkMap Build()
        {
            Run[] runs = [.. _runs];
            Array.Sort(runs, static (one, other) => one.Chunk.CompareTo(other.Chunk));
            for (int i = 1; i < runs.Length; i++)
            {
                if (runs[i].Chunk < runs[i - 1].End)
                {
                    throw new InvalidImageException(structure, runs[i].Place * chunkSize, $"chunk {runs[i].Chunk} is in two places, here and at 0x{runs[i - 1].Place * chunkSize:X}");
                }
            }

            return new ChunkMap(runs);
        }
    }
}
