namespace ImageFs;

/// <summary>Exit statuses, as mount(8) has them.</summary>
internal static class ExitStatus
{
    /// <summary>Done.</summary>
    internal const int Success = 0;

    /// <summary>The command line is wrong.</summary>
    internal const int Usage = 1;

    /// <summary>This user may not do that.</summary>
    internal const int NotPermitted = 1;

    /// <summary><c>ls</c>, <c>tree</c>, <c>find</c>, <c>sums</c>, <c>tar</c>, <c>extract</c>: something could not be read, and all else was.</summary>
    internal const int Incomplete = 1;

    /// <summary><c>diff</c>: the images differ.</summary>
    internal const int Different = 1;

    /// <summary><c>verify</c>: the image is damaged.</summary>
    internal const int Damaged = 1;

    /// <summary><c>doctor</c>: mounting does not work here.</summary>
    internal const int NotWorking = 1;

    /// <summary>The system failed: the output cannot be written, a process cannot be started.</summary>
    internal const int System = 2;

    /// <summary>An encrypted volume is wanted, and there is no key for it or a wrong one.</summary>
    internal const int NoKey = 3;

    /// <summary>A bug in this program.</summary>
    internal const int Bug = 4;

    /// <summary>Interrupted by a signal before the mount was there.</summary>
    internal const int Interrupted = 8;

    /// <summary>The mount failed, or the image cannot be read.</summary>
    internal const int MountFailure = 32;

    /// <summary><c>info</c>: nothing known is in the image.</summary>
    internal const int Unknown = 32;

    /// <summary><c>verify</c>: nothing is wrong as far as could be seen, but not all could be checked.</summary>
    internal const int Undecided = 32;

    /// <summary>The reader of the output has gone: what a shell shows for SIGPIPE.</summary>
    internal const int BrokenPipe = 141;
}
