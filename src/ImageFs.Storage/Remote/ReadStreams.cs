namespace ImageFs.Storage.Remote;

/// <summary>
/// Finds out who reads on and on, and what to ask for ahead of them: twice as much each time, up to what the way to the server carries. Whoever
/// uses it holds a lock.
/// </summary>
internal sealed class ReadStreams
{
    private const int Count = 8;
    private const long FirstWindow = 256 << 10;
    private const long LeastRun = 64 << 10;

    private readonly Stream[] _streams = new Stream[Count];
    private int _oldest;

    /// <summary>Takes note of a read.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="most">Bytes to be ahead at most.</param>
    /// <param name="start">Where to read ahead.</param>
    /// <returns>How many bytes to read ahead; 0 for none.</returns>
    public long Note(long offset, long length, long most, out long start)
    {
        ref Stream stream = ref Find(offset, length);
        long end = offset + length;
        stream.Run += Math.Max(0, end - Math.Max(stream.Next, offset));
        stream.Next = Math.Max(stream.Next, end);
        stream.Ahead = Math.Max(stream.Ahead, stream.Next);
        start = stream.Ahead;
        long window = Math.Min(stream.Window, most);
        long wanted = stream.Next + window - stream.Ahead;
        if (stream.Run <= LeastRun || stream.Run == length || wanted < window / 2)
        {
            return 0;
        }

        stream.Ahead += wanted;
        stream.Window = Math.Min(2 * window, most);
        return wanted;
    }

    // Several threads serve one reader, so its reads may come a little out of order.
    private ref Stream Find(long offset, long length)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_streams[i].Next > 0 && Math.Abs(offset - _streams[i].Next) <= 2 * length)
            {
                return ref _streams[i];
            }
        }

        _oldest = (_oldest + 1) % Count;
        _streams[_oldest] = new Stream { Next = offset, Window = FirstWindow };
        return ref _streams[_oldest];
    }

    private struct Stream
    {
        // Where the next read is expected, and up to where was asked ahead.
        public long Next;
        public long Ahead;

        // Bytes that were read one after another, and how far to be ahead the next time.
        public long Run;
        public long Window;
    }
}
