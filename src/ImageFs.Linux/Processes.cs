using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>What a server process does to live in the background, and how others wait for it.</summary>
public static unsafe class Processes
{
    private const int PidfdOpen = 434;
    private const int CloseRange = 436;
    private const int CloseRangeCloseOnExec = 4; // CLOSE_RANGE_CLOEXEC
    private const int RealUserAtStart = 11; // AT_UID of <elf.h>
    private const char Replacement = '\uFFFD';

    /// <summary>Whether the process runs with the superuser's effective id, in its own user namespace.</summary>
    public static bool IsRoot => EffectiveUser == 0;

    /// <summary>The user whose rights this process has (geteuid(2)).</summary>
    public static uint EffectiveUser => geteuid();

    /// <summary>The user who started this program (getauxval(3), AT_UID), whoever it has become since.</summary>
    public static uint StartedBy => (uint)MoreLibc.getauxval(RealUserAtStart);

    /// <summary>The permissions that new files do not get (umask(2)). To ask is to set: no other thread may make a file meanwhile.</summary>
    public static uint Umask
    {
        get
        {
            mode_t mask = umask(0);
            _ = umask(mask);
            return (ushort)mask;
        }
    }

    /// <summary>
    /// Keeps the descriptors above standard error, which this process may have from its caller, from the programs that it starts.
    /// A kernel before 5.11 cannot, and they go on.
    /// </summary>
    /// <param name="except">Those that they are to have.</param>
    public static void KeepDescriptors(params ReadOnlySpan<int?> except)
    {
        _ = syscall(CloseRange, 3, int.MaxValue, CloseRangeCloseOnExec);
        foreach (int? number in except)
        {
            if (number is { } descriptor)
            {
                _ = fcntl(descriptor, F_SETFD, 0);
            }
        }
    }

    /// <summary>The name by which this process was called, without its folder (argv[0], which the runtime keeps for itself).</summary>
    public static string CalledBy()
    {
        return Path.GetFileName(CommandLine() is [var name, ..] ? name : string.Empty);
    }

    /// <summary>
    /// The words of this process's command line as they were given, argv[0] before them. The runtime replaces what is
    /// not UTF-8 in those that it hands to Main.
    /// </summary>
    /// <returns>Empty when /proc cannot be read.</returns>
    public static IReadOnlyList<string> CommandLine()
    {
        var words = new List<string>();
        ReadOnlySpan<byte> rest = Files.TryReadAll("/proc/self/cmdline", out _);
        for (int end = rest.IndexOf((byte)0); end >= 0; end = rest.IndexOf((byte)0))
        {
            words.Add(ByteText.FromBytes(rest[..end]));
            rest = rest[(end + 1)..];
        }

        return words;
    }

    /// <summary>Main's arguments as they were given (<see cref="ByteText"/>): asked for only where the runtime has replaced something.</summary>
    /// <param name="arguments">As the runtime has them.</param>
    public static string[] RestoreBytes(string[] arguments)
    {
        if (!Array.Exists(arguments, word => word.Contains(Replacement, StringComparison.Ordinal)))
        {
            return arguments;
        }

        // Before them stands the program, and the host of it where there is one.
        IReadOnlyList<string> words = CommandLine();
        return words.Count > arguments.Length ? [.. words.TakeLast(arguments.Length)] : arguments;
    }

    /// <summary>Leaves the terminal: a new session (setsid(2)), and /dev/null for standard input, output and error.</summary>
    /// <exception cref="LinuxException">A call failed.</exception>
    public static void Detach()
    {
        // It fails only for the leader of a process group, who has a session of its own, or a shell that waits for it.
        _ = setsid();
        using FileDescriptor nothing = Files.Open("/dev/null", OpenFlags.ReadWrite);
        for (int standard = 0; standard <= 2; standard++)
        {
            if (dup2(nothing.Number, standard) < 0)
            {
                throw LinuxException.Last("dup2");
            }
        }
    }

    /// <summary>Waits until a process has ended.</summary>
    /// <param name="processId">Its id.</param>
    /// <param name="timeout">The longest to wait.</param>
    /// <returns>False when it still runs. A process that is not there has ended.</returns>
    public static bool WaitForEnd(int processId, TimeSpan timeout)
    {
        int number = (int)syscall(PidfdOpen, processId, 0);
        if (number < 0)
        {
            return true;
        }

        using var descriptor = new FileDescriptor(number);
        var poll = new pollfd { fd = number, events = POLLIN };
        long until = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (true)
        {
            int left = (int)Math.Max(0, until - Environment.TickCount64);
            int ready = MoreLibc.poll(&poll, 1, left);
            if (ready >= 0 || LinuxException.LastError != Errno.EINTR)
            {
                return ready > 0;
            }
        }
    }
}
