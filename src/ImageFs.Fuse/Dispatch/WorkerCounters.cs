using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>What one worker has done. Only it writes, without locks; a snapshot may miss what happens while it is taken.</summary>
internal sealed class WorkerCounters
{
    private const int LastErrno = 133;
    private const int LastOpcode = (int)FuseOpcode.CopyFileRange64;

    // Index 0 counts what is not in the table.
    private readonly long[] _requests = new long[LastOpcode + 1];
    private readonly long[] _errors = new long[LastErrno + 1];
    private readonly long[] _replies = new long[(int)ReplyWay.Ring + 1];
    private readonly long[] _bytes = new long[(int)ReplyWay.Ring + 1];
    private readonly long[] _fallbacks = new long[(int)Fallback.NotDirect + 1];
    private readonly LatencyHistogram _reads = new();
    private readonly LatencyHistogram _others = new();
    private long _lost;
    private long _cacheHits;
    private long _cacheMisses;

    /// <summary>Counts a request.</summary>
    public void CountRequest(FuseOpcode opcode) => _requests[opcode is > 0 and <= (FuseOpcode)LastOpcode ? (int)opcode : 0]++;

    /// <summary>Counts a reply that is an error.</summary>
    public void CountError(Errno errno) => _errors[errno is > 0 and <= (Errno)LastErrno ? (int)errno : 0]++;

    /// <summary>Counts a reply of a file's bytes.</summary>
    public void CountFile(FileReplyOutcome reply, int length)
    {
        _replies[(int)reply.Way]++;
        _bytes[(int)reply.Way] += length;
        _fallbacks[(int)reply.Fallback]++;
    }

    /// <summary>Counts a reply that the kernel did not take.</summary>
    public void CountLost() => _lost++;

    /// <summary>How many requests there were that somebody made: the kernel forgets nodes when it likes.</summary>
    public long CountUses()
    {
        long sum = 0;
        for (int i = 0; i < _requests.Length; i++)
        {
            sum += (FuseOpcode)i is FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.Interrupt ? 0 : Volatile.Read(ref _requests[i]);
        }

        return sum;
    }

    /// <summary>Counts the time that a request took, and takes note of what its thread has found in the caches.</summary>
    /// <param name="opcode">The request.</param>
    /// <param name="ticks">Its time in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    public void CountTime(FuseOpcode opcode, long ticks)
    {
        (opcode == FuseOpcode.Read ? _reads : _others).Count(ticks);
        (_cacheHits, _cacheMisses) = CacheCounts.OfThread;
    }

    /// <summary>Adds up the workers of a session.</summary>
    public static FuseCounters Sum(IEnumerable<WorkerCounters> workers)
    {
        var sum = new WorkerCounters();
        foreach (WorkerCounters worker in workers)
        {
            Add(sum._requests, worker._requests);
            Add(sum._errors, worker._errors);
            Add(sum._replies, worker._replies);
            Add(sum._bytes, worker._bytes);
            Add(sum._fallbacks, worker._fallbacks);
            sum._reads.Add(worker._reads);
            sum._others.Add(worker._others);
            sum._lost += Volatile.Read(ref worker._lost);
            sum._cacheHits += Volatile.Read(ref worker._cacheHits);
            sum._cacheMisses += Volatile.Read(ref worker._cacheMisses);
        }

        return new FuseCounters
        {
            Requests = NonZero<FuseOpcode>(sum._requests, first: 0),
            Errors = NonZero<Errno>(sum._errors, first: 0),
            Replies = NonZero<ReplyWay>(sum._replies, first: 0),
            ReplyBytes = NonZero<ReplyWay>(sum._bytes, first: 0),
            Fallbacks = NonZero<Fallback>(sum._fallbacks, first: 1),
            ReadLatency = sum._reads.Summarise(),
            MetadataLatency = sum._others.Summarise(),
            MetadataCache = new CacheCounts(sum._cacheHits, sum._cacheMisses),
            LostReplies = sum._lost,
        };
    }

    private static void Add(long[] sum, long[] part)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += Volatile.Read(ref part[i]);
        }
    }

    private static Dictionary<T, long> NonZero<T>(long[] counts, int first)
        where T : struct, Enum
    {
        var table = new Dictionary<T, long>();
        for (int i = first; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                table.Add((T)Enum.ToObject(typeof(T), i), counts[i]);
            }
        }

        return table;
    }
}
