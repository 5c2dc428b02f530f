using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ImageFs.Confinement;

/// <summary>What is written in C (Start/), and in the Native AOT program only.</summary>
internal static partial class NativeStart
{
    /// <summary>The word that makes a keeper of a process (Start/keeper.c).</summary>
    internal const string KeeperWord = "--keeper";

    /// <summary>Flags of <see cref="Confine"/>: sockets.</summary>
    internal const int Network = 1;

    /// <summary>Flags of <see cref="Confine"/>: io_uring.</summary>
    internal const int Rings = 2;

    /// <summary>Whether this is that program.</summary>
    internal static bool IsHere => !RuntimeFeature.IsDynamicCodeCompiled;

    /// <summary>Takes rights from all threads of this process for good (Start/confine.c).</summary>
    /// <param name="rules">A ruleset of Landlock; -1 for none.</param>
    /// <param name="ids">The user and the group to become, and groups; null to stay.</param>
    /// <param name="idCount">How many they are.</param>
    /// <param name="capabilities">Those to be left with, by their bits.</param>
    /// <param name="flags">What the list of system calls has besides.</param>
    /// <returns>0, or an error number.</returns>
    [LibraryImport("imagefs-start", EntryPoint = "imagefs_confine")]
    internal static partial int Confine(int rules, uint[]? ids, int idCount, ulong capabilities, int flags);
}
