using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// The scheduling policy SCHED_IDLE of a thread, sched(7): it runs when nobody else wants its processor. To the kernel a processor on
/// which only such a thread runs is an idle one, and it wakes others there.
/// </summary>
public static unsafe class IdlePolicy
{
    private static readonly Lazy<bool> s_canLeave = new(TryAndLeave);

    /// <summary>
    /// Whether a thread that enters it can leave it again: not without CAP_SYS_NICE, or a limit for nice(2) that permits 0. It is tried
    /// once, on a thread that is not needed any more.
    /// </summary>
    public static bool CanLeave => s_canLeave.Value;

    /// <summary>Puts the calling thread under it.</summary>
    /// <returns>False when it was under another than the usual policy, which is kept.</returns>
    public static bool Enter() => sched_getscheduler(0) == SCHED_OTHER && Set(SCHED_IDLE);

    /// <summary>Puts the calling thread back under the usual policy.</summary>
    public static bool Leave() => Set(SCHED_OTHER);

    private static bool TryAndLeave()
    {
        bool hasLeft = false;
        var thread = new Thread(() => hasLeft = Enter() && Leave());
        thread.Start();
        thread.Join();
        return hasLeft;
    }

    private static bool Set(int policy)
    {
        int priority = 0; // struct sched_param
        return MoreLibc.sched_setscheduler(0, policy, &priority) == 0;
    }
}
