using System.Diagnostics;

namespace ImageFs.Storage.Remote;

/// <summary>What a server was found to need: for an answer at all, and for each byte. Threads share it; a lost update does no harm.</summary>
internal sealed class LinkSpeed
{
    // Below this a request says how long the way is, above how broad.
    private const int Small = 64 << 10;
    private const int Share = 8;
    private const int PartsAhead = 4;

    // Bytes a second, as long as nobody knows.
    private const double UsualRate = 32 << 20;

    // Where one is answered while another is stored, more would only wait for each other.
    private const int LeastBeside = 2;

    private const long LeastAhead = 256 << 10;
    private const long MostAhead = 32 << 20;

    private static readonly TimeSpan s_latencyForAnother = TimeSpan.FromMicroseconds(250);
    private static readonly TimeSpan s_slack = TimeSpan.FromMilliseconds(50);

    private long _latency;
    private long _ticksPerMega;

    /// <summary>How long an answer takes that has few bytes.</summary>
    public TimeSpan Latency => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _latency));

    /// <summary>Bytes that come in a second, where many are asked for; 0 when none were yet.</summary>
    public double Rate => Volatile.Read(ref _ticksPerMega) is > 0 and var ticks ? (1 << 20) * (double)Stopwatch.Frequency / ticks : 0;

    /// <summary>
    /// How far ahead of a reader it is worth being: what comes in twice the time that an answer takes, so that the next is there when one is
    /// used up; and, where answers come at once, what comes in the time that threads may have to wait for each other.
    /// </summary>
    public long Ahead => Math.Clamp((long)Math.Max(2 * Carried, s_slack.TotalSeconds * Rate), LeastAhead, MostAhead);

    /// <summary>How many requests are worth having under way: the more, the longer the way.</summary>
    /// <param name="most">How many as long as nobody knows, and at most.</param>
    public int Beside(int most) =>
        Volatile.Read(ref _latency) == 0 ? most : (int)Math.Min(LeastBeside + (Latency / s_latencyForAnother), most);

    /// <summary>How many bytes to ask for at once ahead of a reader: what is on its way at one time, in parts.</summary>
    public long Part(long least, long most) => Math.Clamp((long)Carried / PartsAhead, least, most);

    // Bytes that are on their way at one time.
    private double Carried => Latency.TotalSeconds * (Rate is > 0 and var rate ? rate : UsualRate);

    /// <summary>
    /// How many bytes to ask for where few are wanted: as many as cost little more than the answer itself.
    /// </summary>
    /// <param name="least">A power of two.</param>
    /// <param name="most">A power of two.</param>
    public int WorthAsking(int least, int most)
    {
        int length = least;
        while (length < most && 2 * length <= Carried / Share)
        {
            length *= 2;
        }

        return length;
    }

    /// <summary>Takes note of an answer.</summary>
    /// <param name="length">Bytes that it had.</param>
    /// <param name="ticks">How long it took, as <see cref="Stopwatch"/> counts.</param>
    /// <param name="beside">How many others were under way.</param>
    public void Note(int length, long ticks, int beside)
    {
        if (length <= Small)
        {
            Volatile.Write(ref _latency, Average(Volatile.Read(ref _latency), ticks));
        }
        else
        {
            // Those beside it shared the way.
            long ofBytes = Math.Max(1, ticks - Volatile.Read(ref _latency));
            long perMega = (long)(ofBytes * (double)(1 << 20) / length / (1 + beside));
            Volatile.Write(ref _ticksPerMega, Average(Volatile.Read(ref _ticksPerMega), Math.Max(1, perMega)));
        }
    }

    private static long Average(long before, long now) => before == 0 ? now : before + ((now - before) / Share);
}
