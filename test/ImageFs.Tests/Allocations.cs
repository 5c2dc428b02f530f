using System.Runtime.CompilerServices;

namespace ImageFs.Tests;

/// <summary>What an action allocates.</summary>
internal static class Allocations
{
    /// <summary>Times that an action is measured.</summary>
    internal const int Rounds = 3;

    /// <summary>
    /// Bytes of managed memory that an action allocates on this thread, at the least of <see cref="Rounds"/> times: the runtime
    /// allocates now and then while it compiles a method anew, and what the action allocates is there every time.
    /// </summary>
    internal static long Of(Action action)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            least = Math.Min(least, Measure(action));
        }

        return least;
    }

    // Inlined, its result could be boxed for an assertion before it is measured, and counted.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Measure(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
