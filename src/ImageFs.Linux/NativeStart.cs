using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// What the program <c>imagefs</c> has in C (its folder Start): it is linked into the one that is compiled ahead of time, and into no other.
/// </summary>
public static partial class NativeStart
{
    /// <summary>The word that makes a keeper of a process (Start/keeper.c).</summary>
    public const string KeeperWord = "--keeper";

    /// <summary>A flag of <see cref="Confine"/>: sockets.</summary>
    public const int Network = 1;

    /// <summary>A flag of <see cref="Confine"/>: io_uring, with the rings that there are.</summary>
    public const int Rings = 2;

    /// <summary>A flag of <see cref="Confine"/>: making, removing and renaming files, and what belongs to them besides their bytes.</summary>
    public const int Files = 4;

    /// <summary>A flag of <see cref="Confine"/>: sending descriptors over any of the sockets that there are.</summary>
    public const int Senders = 8;

    /// <summary>Whether this program may have it.</summary>
    public static bool IsHere => !RuntimeFeature.IsDynamicCodeCompiled;

    /// <summary>
    /// Whether this kernel has filters of system calls (CONFIG_SECCOMP_FILTER), and lets this process have one; where not, <see cref="Confine"/>
    /// does the rest.
    /// </summary>
    /// <exception cref="DllNotFoundException">This is another program.</exception>
    public static bool HasFilters => FindFilters() != 0;

    /// <summary>Takes rights from all threads of this process for good (Start/confine.c).</summary>
    /// <param name="rules">The descriptor of a ruleset of Landlock; -1 for none.</param>
    /// <param name="ids">The user and the group to become, and groups; null to stay.</param>
    /// <param name="capabilities">Those to be left with, by their bits.</param>
    /// <param name="flags">What the list of system calls has besides: <see cref="Network"/>, <see cref="Rings"/>, <see cref="Files"/>, <see cref="Senders"/>.</param>
    /// <param name="sender">A connected local socket that descriptors may be sent over, and that stays open until the process ends; -1 for none.</param>
    /// <returns>What failed; <see cref="Errno.None"/> when all are taken.</returns>
    /// <exception cref="DllNotFoundException">This is another program.</exception>
    public static Errno Confine(int rules, uint[]? ids, ulong capabilities, int flags, int sender) =>
        (Errno)ConfineThreads(rules, ids, ids?.Length ?? 0, capabilities, flags, sender);

    [LibraryImport("imagefs-start", EntryPoint = "imagefs_has_filters")]
    private static partial int FindFilters();

    [LibraryImport("imagefs-start", EntryPoint = "imagefs_confine")]
    private static partial int ConfineThreads(int rules, uint[]? ids, int idCount, ulong capabilities, int flags, int sender);
}
