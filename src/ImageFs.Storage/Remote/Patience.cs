using System.Diagnostics;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>
/// How long a server that does not answer is tried again. That counts from when it last answered anybody, so who comes later does not wait
/// anew: a request of a dead server is tried once, and fails. One that succeeds ends the failure for all.
/// </summary>
/// <param name="name">The server or image, for messages.</param>
/// <param name="retryTime">How long.</param>
/// <param name="warn">Told when the server stops to answer, and when it does again.</param>
internal sealed class Patience(string name, TimeSpan retryTime, Action<string> warn)
{
    private const int LongestPauseShift = 6;

    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    private long _failingSince;
    private int _hasWarned;

    /// <summary>How long the server may say nothing now; at least a second.</summary>
    public TimeSpan Left
    {
        get
        {
            TimeSpan left = retryTime - Failing;
            return left > s_least ? left : s_least;
        }
    }

    private TimeSpan Failing => Volatile.Read(ref _failingSince) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Does something that asks the server, and again where that may help.</summary>
    /// <param name="attempt">Does it once; gets how long the server may say nothing.</param>
    /// <exception cref="LinuxException">The server did not answer in time: EIO.</exception>
    public TResult Run<TResult>(Func<TimeSpan, TResult> attempt)
    {
        for (int number = 0; ; number++)
        {
            try
            {
                TResult result = attempt(Left);
                NoteAnswer();
                return result;
            }
            catch (LostLinkException e)
            {
                NoteFailure();
                Pause(number, "when it was opened", e);
            }
        }
    }

    /// <summary>The server answered.</summary>
    public void NoteAnswer()
    {
        if (Volatile.Read(ref _failingSince) != 0)
        {
            Volatile.Write(ref _failingSince, 0);
            if (Interlocked.Exchange(ref _hasWarned, 0) != 0)
            {
                warn($"{name}: the server answers again");
            }
        }
    }

    /// <summary>The server did not answer.</summary>
    public void NoteFailure() => Interlocked.CompareExchange(ref _failingSince, Stopwatch.GetTimestamp(), 0);

    /// <summary>Waits before the next try.</summary>
    /// <param name="attempt">How many there were before the one that failed.</param>
    /// <param name="place">What was asked for, for the message.</param>
    /// <param name="failure">How it failed.</param>
    /// <exception cref="LinuxException">There is no time left: EIO.</exception>
    public void Pause(int attempt, string place, LostLinkException failure)
    {
        TimeSpan left = retryTime - Failing;
        if (left <= TimeSpan.Zero || failure.After > left)
        {
            throw new LinuxException("read", Errno.EIO, $"{name} {place}: {failure.Message}");
        }

        // What an idle server has hung up on is connected again at once.
        if (attempt == 0 && failure.After is null)
        {
            return;
        }

        if (Interlocked.Exchange(ref _hasWarned, 1) == 0)
        {
            warn($"{name}: {failure.Message}; trying again for {retryTime.TotalSeconds:0} s");
        }

        TimeSpan pause = s_firstPause * (1 << Math.Min(attempt, LongestPauseShift));
        pause = failure.After ?? (pause < s_longestPause ? pause : s_longestPause);
        Thread.Sleep(pause < left ? pause : left);
    }
}
