using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Fuse.Ahead;

/// <summary>
/// Decodes what those come to next who read compressed files from one end to the other: as many bytes ahead of a reader as it has read in sequence.
/// Of a large READ it decodes the second half while its worker is at the first.
/// </summary>
/// <param name="cache">Where decoded blocks are kept: a quarter of it is for what is ahead.</param>
/// <param name="name">The threads' name.</param>
internal sealed class ReadersAhead(DecodedBlockCache cache, string name) : DecodingAhead(cache.MaxBytes / 4, name)
{
    /// <summary>Readers that are followed at once.</summary>
    public const int Readers = 16;

    // Who has not read so many bytes in sequence, or so many READs, may have met the next bytes by chance.
    private const int LeastSequence = 64 << 10;
    private const int LeastReads = 2;

    // READs of all after which a reader is taken to be gone; a sequential one keeps its place for longer.
    private const int Patience = 64;
    private const int LongPatience = 512;

    private readonly Reader[] _readers = Array.ConvertAll(new Reader?[Readers], _ => new Reader());
    private long _reads;

    /// <summary>A worker is about to answer a READ.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">Bytes.</param>
    public void NoteRead(BlockSource file, long offset, int length)
    {
        // Nothing is ever decoded in most mounts.
        if (cache.IsUsed)
        {
            lock (Sync)
            {
                Note(file, offset, length);
            }
        }
    }

    /// <summary>Forgets all readers: what they read may be closed.</summary>
    public void Clear()
    {
        lock (Sync)
        {
            Array.ForEach(_readers, reader => reader.Forget());
        }
    }

    /// <inheritdoc/>
    protected override AheadRun? Find()
    {
        long ahead = 0;
        Reader? found = null;
        foreach (Reader reader in _readers)
        {
            if (_reads - reader.LastRead <= Patience)
            {
                ahead += reader.Ahead;
                found = reader.HasMore && (found is null || reader.Ahead < found.Ahead) ? reader : found;
            }
        }

        return ahead == 0 || ahead + Part <= Room ? found : null;
    }

    private void Note(BlockSource file, long offset, int length)
    {
        _reads++;
        Reader reader = Follow(file, offset, length);
        reader.LastRead = _reads;
        reader.IsSequential |= reader.Sequence >= Math.Max(LeastSequence, LeastReads * (long)length);
        long window = reader.IsSequential ? Math.Min(reader.Sequence, Room) : 0;
        reader.Pass(length >= 2 * Part ? reader.End - (length / 2) : reader.End);
        reader.Limit = Math.Min(file.Length, reader.End + window);

        // Not for each READ: for half of what there is room for.
        if (reader.Ahead <= window / 2)
        {
            Wake();
        }
    }

    private Reader Follow(BlockSource file, long offset, int length)
    {
        Reader oldest = _readers[0];
        Reader? known = null;
        Reader? next = null;
        foreach (Reader reader in _readers)
        {
            if (ReferenceEquals(reader.Source, file))
            {
                known = reader.End == offset ? reader : known;
                next = reader.First == offset + length ? reader : next;
            }

            oldest = reader.GoneAt < oldest.GoneAt ? reader : oldest;
        }

        if (known is null)
        {
            known = oldest;
            known.Begin(file, offset);
        }
        else
        {
            known.Sequence += length;
        }

        known.End = offset + length;
        if (next is not null && !ReferenceEquals(next, known))
        {
            // Workers note READs in another order than the kernel sent them.
            known.Sequence += next.End - next.First;
            known.End = next.End;
            next.Forget();
        }

        return known;
    }

    private sealed class Reader : AheadRun
    {
        /// <summary>Where it began to read in sequence.</summary>
        public long First { get; private set; }

        /// <summary>The end of what it has read.</summary>
        public long End { get; set; }

        /// <summary>Bytes that it has read in sequence, but for the first READ.</summary>
        public long Sequence { get; set; }

        /// <summary>Whether it is one who reads from one end to the other.</summary>
        public bool IsSequential { get; set; }

        /// <summary>When it read last, in READs of all.</summary>
        public long LastRead { get; set; }

        /// <summary>When its place may be another's.</summary>
        public long GoneAt => LastRead + (IsSequential ? LongPatience : 0);

        public new void Begin(BlockSource? file, long offset)
        {
            base.Begin(file, 0);
            (First, End, Sequence, IsSequential) = (offset, offset, 0, false);
        }

        public void Forget()
        {
            Begin(null, 0);
            LastRead = -LongPatience;
        }
    }
}
