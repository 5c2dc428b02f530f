namespace ImageFs.Fuse.Ahead;

/// <summary>
/// Guesses which small files will be read next, and has them stored in the mount's cache before anybody asks: readahead from file to
/// file. A reader is followed while it takes the files of a listing in their order, with twice as many ahead each time that it comes to
/// the end of those; and one that does so in one directory after another finds the first files of the next there, too.
/// </summary>
/// <remarks>Files that were stored are read without a word to the server. So every few directories nothing is stored until one file was asked for.</remarks>
internal sealed class FilesAhead
{
    /// <summary>Bytes of the largest file that is small.</summary>
    public const int LargestFile = 64 * 1024;

    private const int Readers = 8;
    private const int FirstWindow = 4;
    private const int LargestWindow = 64;

    // Files in between may be empty, or large.
    private const int Slack = 16;

    // Directories that are stored from, after one in which a file was asked for.
    private const int LargestTrust = 8;

    private readonly ListingOrder _order;
    private readonly Action<int, int> _store;
    private readonly Reader[] _readers = new Reader[Readers];
    private int _busy;
    private int _next;
    private int _trust;

    /// <param name="order">The order of the files.</param>
    /// <param name="store">Has files stored: from which place on, and how many.</param>
    public FilesAhead(ListingOrder order, Action<int, int> store)
    {
        _order = order;
        _store = store;
    }

    /// <summary>A listing has gone out.</summary>
    /// <param name="place">The place before its first file.</param>
    public void NoteListing(int place)
    {
        if (_trust > 0 && _order.At(place + 1) != 0 && TryEnter())
        {
            _trust--;
            Follow(ref _readers[_next++ % Readers], place + 1, FirstWindow);
            Leave();
        }
    }

    /// <summary>A small file was asked for, whole.</summary>
    public void NoteRead(ulong nodeId)
    {
        int place = _order.Find(nodeId);
        if (place == 0 || !TryEnter())
        {
            return;
        }

        int known = FindReader(place);
        if (known < 0)
        {
            // It began to read in order, or it reads what it likes: the next one says.
            bool isFirst = _order.At(place - 1) == 0;
            _trust = isFirst && _trust > 0 ? LargestTrust : _trust;
            Follow(ref _readers[_next++ % Readers], place + 1, isFirst && _trust > 0 ? FirstWindow : 0);
        }
        else if (place >= _readers[known].End)
        {
            _trust = LargestTrust;
            Follow(ref _readers[known], place + 1, Math.Clamp(2 * _readers[known].Window, FirstWindow, LargestWindow));
        }

        Leave();
    }

    private int FindReader(int place)
    {
        for (int i = 0; i < Readers; i++)
        {
            if (_readers[i].Begin > 0 && place >= _readers[i].Begin && place < _readers[i].End + Slack)
            {
                return i;
            }
        }

        return -1;
    }

    // A reader that is somewhere from a place on, and for whom so many files are stored.
    private void Follow(ref Reader reader, int place, int window)
    {
        reader = new Reader(place, place + window, window);
        if (window > 0)
        {
            _store(place, window);
        }
    }

    // Nobody waits for it: a guess that is not made costs nothing.
    private bool TryEnter() => Interlocked.Exchange(ref _busy, 1) == 0;

    private void Leave() => Volatile.Write(ref _busy, 0);

    private readonly record struct Reader(int Begin, int End, int Window);
}
